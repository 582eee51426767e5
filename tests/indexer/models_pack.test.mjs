// `sightline models pack` on the graphs that people have: our own, and Hugging Face's as its exporter
// writes them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '../../..');
const program = join(root, 'build/bin/sightline');
const streets = join(root, 'datasets/streets/models/streets-clip');
const python = '/usr/bin/python3';
const skip = !existsSync(program) && `SKIPPED: no ${program}; run npm run build`;
const hasTorch = spawnSync(python, ['-c', 'import torch']).status === 0;
const skipExports = skip || (!hasTorch && 'SKIPPED: no PyTorch; run ./setup.sh test');
for (const reason of new Set([skip, skipExports])) if (reason) console.error(reason);

const folder = mkdtempSync(join(tmpdir(), 'sightline-pack-'));
after(() => rmSync(folder, { recursive: true }));
const at = (name) => join(folder, name);

const run = (...args) =>
  spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, SIGHTLINE_MODELS: at('models') },
  });

function pack(model, name) {
  const { status, stdout, stderr } = run('models', 'pack', model, '--out', at(name), '--json');
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

const embedding = (...args) => JSON.parse(run('embed', ...args, '--json').stdout).embedding;
const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

const filesBelow = (path) =>
  readdirSync(path, { recursive: true })
    .filter((name) => statSync(join(path, name)).isFile())
    .sort();

// The streets pair's folder with another text tower.
function modelWith(name, ...options) {
  const to = at(name);
  mkdirSync(join(to, 'onnx'), { recursive: true });
  for (const file of ['vocab.json', 'merges.txt', 'config.json', 'preprocessor_config.json']) {
    copyFileSync(join(streets, file), join(to, file));
  }
  copyFileSync(join(streets, 'onnx/vision_model.onnx'), join(to, 'onnx/vision_model.onnx'));
  const script = join(root, 'tests/indexer/export_hugging_face_text.py');
  const made = spawnSync(python, [script, join(to, 'onnx/text_model.onnx'), ...options], {
    encoding: 'utf8',
  });
  assert.equal(made.status, 0, made.stderr);
  return to;
}

describe('models pack', { skip }, () => {
  test('packs the streets pair to less than a third, near to the original', () => {
    const report = pack(streets, 'streets');
    assert.ok(report.mean_cosine >= 0.998, `mean cosine ${report.mean_cosine}`);
    const { size } = statSync(join(streets, 'onnx/text_model.onnx'));
    assert.ok(report.bytes < size / 3, `${report.bytes} of ${size} bytes`);
    assert.equal(filesBelow(join(at('streets'), 'objects')).length, report.files);
  });

  test('gives the same bytes again', () => {
    pack(streets, 'again');
    const names = filesBelow(at('streets'));
    assert.deepEqual(filesBelow(at('again')), names);
    for (const name of names) {
      assert.deepEqual(
        readFileSync(join(at('again'), name)),
        readFileSync(join(at('streets'), name)),
      );
    }
  });

  test('embed gives either encoder, near to each other', () => {
    const text = ['--model', streets, '--text', 'a red bus at night'];
    const packed = embedding(...text, '--encoder', 'packed');
    assert.ok(dot(packed, embedding(...text, '--encoder', 'ort')) > 0.998);
    assert.deepEqual(packed, embedding(...text, '--encoder', 'packed'));
    const lines = run('embed', ...text, '--text', 'snow', '--encoder', 'packed', '--json').stdout;
    assert.equal(lines.trimEnd().split('\n').length, 2);
  });
});

describe('models pack, exports of Hugging Face', { skip: skipExports }, () => {
  for (const options of [
    ['--opset', '14'],
    ['--opset', '14', '--fold'],
    ['--opset', '14', '--attention-mask'],
    ['--opset', '17', '--fold'],
  ]) {
    test(`takes one with ${options.join(' ')}`, () => {
      const name = `hf${options.join('')}`;
      const report = pack(modelWith(name, ...options), `${name}-packed`);
      assert.ok(report.mean_cosine >= 0.998, `mean cosine ${report.mean_cosine}`);
    });
  }

  for (const [options, reason] of [
    [
      ['--relu'],
      /no CLIP text tower: operator 'Relu' of a linear layer \(giving '.*'\) has no place/,
    ],
    [['--not-causal'], /no CLIP text tower: run as one, its embeddings have cosine .* causal/],
    [['--width', '72'], /cannot be packed: .* widths must be multiples of 32/],
  ]) {
    test(`refuses one with ${options.join(' ')} by name`, () => {
      const model = modelWith(`hf${options.join('')}`, ...options);
      const { status, stderr } = run('models', 'pack', model, '--out', at('refused'));
      assert.equal(status, 5);
      assert.match(stderr, reason);
      assert.equal(stderr.trimEnd().split('\n').length, 1);
      assert.ok(stderr.includes(model));
    });
  }

  test('a build with a tower that is not CLIP goes on without a packed encoder and says so', () => {
    const pictures = at('pictures');
    mkdirSync(pictures);
    writeFileSync(join(pictures, 'a.png'), Buffer.from(onePixelPng, 'base64'));
    const options = ['--detector', 'none', '--bundle-only', '--progress', 'plain'];
    const model = modelWith('hf-build', '--relu', '--dim', '256');
    const { status, stderr } = run(
      ...['build', pictures, '--out', at('bundle'), '--model', model],
      ...options,
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /note: no packed text encoder: .*Relu/);
    const { status: verified, stdout } = run('verify', at('bundle'));
    assert.equal(verified, 0, stdout);
  });
});

const onePixelPng =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
