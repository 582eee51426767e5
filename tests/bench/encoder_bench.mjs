// The text encoder of the core beside ONNX Runtime Web in one process, one thread: milliseconds a
// text, bytes before the first one. By default with random weights shaped like CLIP ViT-B/32;
// --model DIR takes a real one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '../../..');
const work = join(root, 'build/bench');
const ortFolder = join(root, 'node_modules/onnxruntime-web/dist');
const python = '/usr/bin/python3';

function run(program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error ?? stderr}`);
  return stdout;
}

function randomModel() {
  const folder = join(work, 'b32');
  if (!existsSync(join(folder, 'model.json'))) {
    run(python, join(root, 'datasets/streets/train/export.py'), '--random-b32', '--out', folder);
  }
  return folder;
}

// The same weights for both: packed by the program, and quantized as for ONNX Runtime.
function prepare(model, name) {
  const packed = join(work, `${name}_packed`);
  if (!existsSync(join(packed, 'text_encoder.bin'))) {
    run(join(root, 'build/bin/sightline'), 'models', 'pack', model, '--out', packed);
  }
  const int8 = join(work, `${name}_int8.onnx`);
  if (!existsSync(int8)) {
    run('cmake', '--build', '--preset', 'native', '--target', 'quantize_onnx');
    run(join(root, 'build/bin/quantize_onnx'), join(model, 'onnx/text_model.onnx'), int8);
  }
  return { packed, int8 };
}

async function openPacked(folder, dim) {
  const create = (await import(pathToFileURL(join(root, 'build/web/sightline_core.mjs')).href))
    .default;
  const core = await create({
    wasmBinary: readFileSync(join(root, 'build/web/sightline_core.wasm')),
  });
  const encoder = core.TextEncoder.open(readFileSync(join(folder, 'text_encoder.bin')), dim);
  const bytes = { layers: 0, tokens: 0 };
  const add = (refs) => {
    let total = 0;
    for (const ref of refs) {
      encoder.addObject(ref, readFileSync(join(folder, ref.name)));
      total += ref.storedBytes;
    }
    return total;
  };
  const startedAt = performance.now();
  bytes.layers = add(encoder.missingObjects());
  const loadMs = performance.now() - startedAt;
  return { core, encoder, bytes, add, loadMs };
}

async function openOnnxRuntime(path) {
  const ort = await import('onnxruntime-web/wasm');
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = readFileSync(join(ortFolder, 'ort-wasm-simd-threaded.wasm')).buffer;
  const startedAt = performance.now();
  const session = await ort.InferenceSession.create(readFileSync(path), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  const loadMs = performance.now() - startedAt;
  const embed = async (ids, length) => {
    const padded = [...ids, ...Array(length - ids.length).fill(ids.at(-1))];
    const input = new ort.Tensor('int64', BigInt64Array.from(padded, BigInt), [1, length]);
    return (await session.run({ [session.inputNames[0]]: input })).text_embeds;
  };
  return { embed, loadMs };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const mebi = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
const folderBytes = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);

export async function benchEncoder({ model, rounds }) {
  mkdirSync(work, { recursive: true });
  const folder = model ?? randomModel();
  const { packed, int8 } = prepare(folder, model ? 'given' : 'b32');
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const { vocab_size: tokens, eos_token_id: end } = config.text_config;
  // Ten tokens: the ends, and eight words over the whole range of frequencies.
  const words = Array.from({ length: 8 }, (_, i) => Math.floor(tokens * 0.9 * ((i + 1) / 9) ** 2));
  const ids = Uint32Array.from([config.text_config.bos_token_id, ...words, end]);

  const ours = await openPacked(packed, config.projection_dim);
  ours.bytes.tokens = ours.add(ours.encoder.missingObjectsOf(ids));
  const theirs = await openOnnxRuntime(int8);
  const contenders = {
    'sightline, packed, 10 tokens': () => ours.encoder.encode(ids),
    'onnxruntime-web int8, 10 tokens': () => theirs.embed(ids, 10),
    'onnxruntime-web int8, 77 tokens': () => theirs.embed(ids, 77),
  };
  const times = {};
  const cpuTimes = {};
  for (let round = 0; round < rounds + 2; ++round) {
    for (const [name, embed] of Object.entries(contenders)) {
      const cpuBefore = process.cpuUsage();
      const startedAt = performance.now();
      await embed();
      const elapsedMs = performance.now() - startedAt;
      const { user, system } = process.cpuUsage(cpuBefore);
      if (round < 2) continue;
      (times[name] ??= []).push(elapsedMs);
      (cpuTimes[name] ??= []).push((user + system) / 1000);
    }
  }
  const [own, short, long] = Object.keys(times).map((name) => ({
    best: Math.min(...times[name]),
    median: median(times[name]),
    cpu_median: median(cpuTimes[name]),
  }));
  const report = {
    machine: `${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}`,
    simd: ours.core.simdLevel(),
    rounds,
    ms: { ours10: own, ort10: short, ort77: long },
    of_ort_77: own.cpu_median / long.cpu_median,
    of_ort_10: own.cpu_median / short.cpu_median,
    bytes: {
      layers: ours.bytes.layers,
      tokens_of_query: ours.bytes.tokens,
      all_objects: folderBytes(join(packed, 'objects')),
      onnx_int8: statSync(int8).size,
      onnxruntime_wasm: statSync(join(ortFolder, 'ort-wasm-simd-threaded.wasm')).size,
    },
    load_ms: { ours: ours.loadMs, ort: theirs.loadMs },
  };
  writeFileSync(join(work, 'encoder.json'), `${JSON.stringify(report, null, 2)}\n`);
  console.log(`${report.machine}, one thread, ${rounds} rounds taken in turn\n`);
  console.log('| a text | best | median | processor time, median | of ours |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const [name, all] of Object.entries(times)) {
    const cpuMs = median(cpuTimes[name]);
    const cells = [Math.min(...all), median(all), cpuMs].map((ms) => `${ms.toFixed(1)} ms`);
    console.log(`| ${name} | ${cells.join(' | ')} | ${(cpuMs / own.cpu_median).toFixed(2)} × |`);
  }
  const { bytes } = report;
  console.log(
    `\nbefore the first text: ${mebi(bytes.layers)} and ${mebi(bytes.tokens_of_query)} of token rows`,
  );
  console.log(
    `onnxruntime-web: ${mebi(bytes.onnx_int8)} and ${mebi(bytes.onnxruntime_wasm)} of runtime`,
  );
  console.log(
    `loading from memory: ${ours.loadMs.toFixed(0)} ms, onnxruntime-web ${theirs.loadMs.toFixed(0)} ms`,
  );
}
