// Runs the whole training in little and looks at what it exports.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';

const root = fileURLToPath(new URL('../..', import.meta.url));
const python = '/usr/bin/python3';
const missing =
  spawnSync(python, ['-c', 'import torch, numpy, PIL']).status !== 0
    ? `${python} has no torch, numpy and PIL (Debian: python3-torch python3-numpy python3-pil libopenblas0-openmp)`
    : !existsSync(join(root, 'build/bin/streets'))
      ? 'build/bin/streets is not built'
      : false;

describe('the training script, in little', { skip: missing }, () => {
  let folder, clip, detector;
  const read = (path) => JSON.parse(readFileSync(join(folder, 'models', path), 'utf8'));
  const load = (path) =>
    ort.InferenceSession.create(join(folder, 'models', path), { intraOpNumThreads: 1 });
  const norm = (values) => Math.hypot(...values);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'streets-train-'));
    const run = spawnSync(
      python,
      [join(root, 'datasets/streets/train/train.py'), '--smoke']
        .concat(['--out', join(folder, 'models')])
        .concat(['--work', join(folder, 'work')]),
      { encoding: 'utf8' },
    );
    assert.equal(run.status, 0, run.stdout + run.stderr);
    clip = read('streets-clip/model.json');
    detector = read('streets-detector/model.json');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('states the hash and the size of every file it wrote', () => {
    for (const [name, model] of Object.entries({
      'streets-clip': clip,
      'streets-detector': detector,
    })) {
      for (const { path, sha256, bytes } of Object.values(model.files)) {
        const data = readFileSync(join(folder, 'models', name, path));
        assert.equal(data.length, bytes, path);
        assert.equal(createHash('sha256').update(data).digest('hex'), sha256, path);
      }
      assert.match(model.licence, /Apache-2.0/);
      assert.match(model.warning, /only rendered streets/);
    }
  });

  it('logs the losses and the metrics as JSON lines', () => {
    for (const stage of ['clip', 'detector', 'evaluate']) {
      const lines = readFileSync(join(folder, 'work/logs', `${stage}.jsonl`), 'utf8')
        .trim()
        .split('\n');
      for (const line of lines) assert.ok(JSON.parse(line).s >= 0);
    }
  });

  it('writes a text tower that padding after the end token does not change', async () => {
    const { input, output } = clip.files.text;
    const session = await load('streets-clip/onnx/text_model.onnx');
    const vocabulary = read('streets-clip/vocab.json');
    const end = vocabulary['<|endoftext|>'];
    const start = vocabulary['<|startoftext|>'];
    assert.equal(end, Object.keys(vocabulary).length - 1);
    const embed = async (ids) => {
      const tensor = new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);
      const result = (await session.run({ [input]: tensor }))[output];
      assert.deepEqual(result.dims, [1, clip.dim]);
      return [...result.data];
    };
    const words = [start, vocabulary['a</w>'], vocabulary['b</w>'], end];
    const short = await embed(words);
    const padded = await embed([...words, ...Array(clip.context_length - 4).fill(end)]);
    assert.ok(norm(short) > 1e-3);
    const difference = norm(short.map((value, i) => value - padded[i]));
    assert.ok(difference < 1e-4 * norm(short), `${difference}`);
    assert.ok(
      norm((await embed([start, vocabulary['c</w>'], end])).map((v, i) => v - short[i])) > 1e-4,
    );
  });

  it('writes a vision tower that takes the size its preprocessor makes', async () => {
    const session = await load('streets-clip/onnx/vision_model.onnx');
    const { input, output } = clip.files.vision;
    const side = read('streets-clip/preprocessor_config.json').crop_size.width;
    assert.equal(side, clip.image_size_px);
    const pixels = Float32Array.from({ length: 2 * 3 * side * side }, (_, i) => Math.sin(i));
    const result = (
      await session.run({ [input]: new ort.Tensor('float32', pixels, [2, 3, side, side]) })
    )[output];
    assert.deepEqual(result.dims, [2, clip.dim]);
    for (let row = 0; row < 2; row++) {
      const length = norm(result.data.slice(row * clip.dim, (row + 1) * clip.dim));
      assert.ok(Number.isFinite(length) && length > 1e-3);
    }
  });

  it('writes a detector that answers as YOLOv8 does', async () => {
    const session = await load('streets-detector/model.onnx');
    const { input, output } = detector.files.detector;
    const [width, height] = [detector.input_width_px, detector.input_height_px];
    const pixels = new Float32Array(3 * width * height).fill(0.5);
    const result = (
      await session.run({ [input]: new ort.Tensor('float32', pixels, [1, 3, height, width]) })
    )[output];
    const anchors = (width * height) / 64 + (width * height) / 256 + (width * height) / 1024;
    assert.deepEqual(result.dims, [1, 4 + detector.class_names.length, anchors]);
    const confidences = result.data.slice(4 * anchors);
    assert.ok(confidences.every((value) => value >= 0 && value <= 1));
  });
});
