// The long campaigns in full. Prints a table and writes build/soak/report.json.
//   npm run soak                     all parts
//   npm run soak -- kitti kill=8,64  some parts; kill=KILLS,IMAGES and corruptions=COUNT set how many
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, relative } from 'node:path';
import { killCampaign } from './support/kill_campaign.mjs';
import {
  filesBelow,
  json,
  missing,
  program,
  renderDrives,
  root,
  search,
  shared,
} from './support/program.mjs';

const soak = join(root, 'build/soak');
const photos = join(shared, 'assets/images/coco_val_captioned/images');
const kitti = join(shared, 'assets/kitti_raw');
const yolox = join(shared, 'assets/detector/yolox_nano.onnx');

// Runs a command to its end and samples the memory it holds.
function measured(command, args, env = {}) {
  const began = performance.now();
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  let peakMib = 0;
  const sampler = setInterval(() => {
    try {
      const held = readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/);
      peakMib = Math.max(peakMib, Math.round(Number(held?.[1] ?? 0) / 1024));
    } catch {
      // Ended between two samples, or a system without /proc.
    }
  }, 200);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearInterval(sampler);
      const seconds = (performance.now() - began) / 1000;
      resolve({ code: code ?? signal, output, seconds, peakMib });
    });
  });
}

const needs = (path, remedy) =>
  assert.ok(existsSync(path), `no ${relative(root, path)}; ${remedy}`);
const rounded = (value) => Math.round(value * 10) / 10;

async function corruptions(count = 60_000) {
  const asan = join(root, 'build/asan/bin/core_tests');
  const wasm = join(root, 'build/wasm/bin/core_tests.js');
  needs(asan, 'run npm test -- asan');
  needs(wasm, 'run npm test -- wasm');
  const flag = '--no-experimental-fetch';
  const quietFetch = process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
  const figures = { damaged_files: count };
  for (const [target, command, args] of [
    ['asan', asan, []],
    ['wasm', process.execPath, [...quietFetch, wasm]],
  ]) {
    const env = { SIGHTLINE_CORRUPTIONS: String(count) };
    const ran = await measured(command, [...args, '[campaign]'], env);
    assert.equal(ran.code, 0, `${target}: ${ran.output.slice(-2000)}`);
    assert.match(ran.output, /All tests passed/);
    figures[`${target}_s`] = rounded(ran.seconds);
    figures[`${target}_peak_mib`] = ran.peakMib;
  }
  return figures;
}

// Frames rendered once and kept; a rendering that was broken off is made again.
function rendered(count, drives) {
  const folder = join(soak, `streets-${count}-${drives}`);
  if (!existsSync(folder)) {
    rmSync(`${folder}.unfinished`, { recursive: true, force: true });
    renderDrives(`${folder}.unfinished`, { seed: 20260105, count, drives });
    renameSync(`${folder}.unfinished`, folder);
  }
  return folder;
}

// Square windows of 320 px cut out of 500 frames: a collection of that size in a fraction of the time
// that rendering it would take.
async function windows(count) {
  const folder = join(soak, `windows-${count}`);
  if (!existsSync(folder)) {
    const script = join(root, 'tests/support/cut_windows.py');
    const unfinished = `${folder}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    const args = [script, rendered(500, 50), unfinished, '--count', String(count)];
    const made = await measured('/usr/bin/python3', args);
    assert.equal(made.code, 0, made.output.slice(-2000));
    renameSync(unfinished, folder);
  }
  return folder;
}

async function kill(kills = 50, images = 300) {
  const work = join(soak, 'kill');
  rmSync(work, { recursive: true, force: true });
  const began = performance.now();
  const stages = await killCampaign({
    source: rendered(images, Math.ceil(images / 20)),
    ...{ work, kills, imageCount: images, seed: 1, told: console.log },
  });
  rmSync(work, { recursive: true, force: true });
  return { images, kills, ...stages, wall_s: rounded((performance.now() - began) / 1000) };
}

// A folder of images from the files to a verified, answering site, and once more without changes.
async function endToEnd(name, source, ...args) {
  const work = join(soak, name);
  const site = join(work, 'site');
  rmSync(work, { recursive: true, force: true });
  const build = [
    ...['build', source, '--out', site, '--catalog', join(work, 'catalog/catalog.sqlite')],
    ...['--progress', 'plain', ...args],
  ];
  const first = await measured(program, build);
  assert.equal(first.code, 0, first.output.slice(-2000));
  const embedded = first.output.match(
    /embedded (\d+) images in ([\d.]+) s \(([\d.]+)\/s\), vision model busy (\d+) %/,
  );
  assert.ok(embedded, first.output.slice(-2000));
  const checked = json('verify', site, '--json');
  assert.ok(checked.ok, checked.problems.join('\n'));
  const { image_count, quality } = json('inspect', site, '--json');
  assert.equal(search(site, 'a car on the road').length, Math.min(20, image_count));

  const again = await measured(program, build);
  assert.equal(again.code, 0);
  assert.match(again.output, / 0 files written/);
  return {
    images: image_count,
    exit_code: first.code,
    wall_s: rounded(first.seconds),
    embed_per_s: Number(embedded[3]),
    model_busy_percent: Number(embedded[4]),
    peak_mib: first.peakMib,
    verified_objects: checked.objects,
    bundle_mib: rounded(checked.bytes / 2 ** 20),
    recall_at_10: quality.recall_at_10,
    no_change_s: rounded(again.seconds),
  };
}

const streetsPair = ['--model', 'streets-clip', '--detector', 'streets-detector'];
const yoloxPair = ['--model', 'streets-clip', '--detector', yolox];

function photoFolder() {
  needs(photos, 'the shared assets are not there');
  assert.equal(filesBelow(photos).length, 283);
  return photos;
}

function driveFolder() {
  needs(kitti, 'the shared assets are not there');
  return kitti;
}

async function b32() {
  const model = join(soak, 'b32');
  if (!existsSync(join(model, 'model.json'))) {
    rmSync(model, { recursive: true, force: true });
    const script = join(root, 'datasets/streets/train/export.py');
    const made = await measured('/usr/bin/python3', [script, '--random-b32', '--out', model]);
    assert.equal(made.code, 0, made.output.slice(-2000));
  }
  const source = existsSync(photos) ? photoFolder() : rendered(300, 15);
  const figures = await endToEnd('b32-site', source, '--model', model, '--detector', 'none');
  assert.ok(figures.model_busy_percent >= 90, `busy ${figures.model_busy_percent} %, needed 90`);
  return figures;
}

const parts = {
  corruptions,
  kill,
  photos: async () => endToEnd('photos', photoFolder(), ...yoloxPair),
  kitti: async () => endToEnd('kitti', driveFolder(), ...yoloxPair),
  'twenty-thousand': async () => endToEnd('twenty-thousand', await windows(20_000), ...streetsPair),
  'twenty-thousand-frames': async () =>
    endToEnd('twenty-thousand-frames', rendered(20_000, 400), ...streetsPair),
  b32,
};

const wanted = process.argv.slice(2).map((word) => word.split('='));
for (const [name] of wanted) {
  if (name in parts) continue;
  console.error(`there is no part '${name}'; the parts are ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
if (missing) process.exit(1);
mkdirSync(soak, { recursive: true });

// The report keeps what other parts showed when they were last run.
const reportPath = join(soak, 'report.json');
const report = existsSync(reportPath) ? JSON.parse(readFileSync(reportPath, 'utf8')) : {};
for (const [name, numbers] of wanted.length > 0 ? wanted : Object.keys(parts).map((n) => [n])) {
  console.log(`${name} …`);
  const result = { date: new Date().toISOString(), cpu: `${cpus().length} × ${cpus()[0]?.model}` };
  try {
    result.figures = await parts[name](...(numbers?.split(',').map(Number) ?? []));
    result.ok = true;
  } catch (error) {
    result.ok = false;
    result.reason = error.message;
    process.exitCode = 1;
  }
  report[name] = result;
  writeFileSync(reportPath, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`  ${result.ok ? 'ok' : `FAILED: ${result.reason}`}`);
  for (const [figure, value] of Object.entries(result.figures ?? {})) {
    console.log(`  ${figure.padEnd(22)} ${value}`);
  }
}
