// `sightline models fetch` against a host in this process: good bytes, bad bytes, bad connections.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '../../..');
const program = join(root, 'build/bin/sightline');
const missing = !existsSync(program) && `SKIPPED: no ${program}; run npm run build`;

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const patterned = (length, factor) =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * factor) >> 3));

const network = patterned(300_000, 7);
const files = {
  'network.onnx': network,
  'onnx/text_model.onnx': patterned(5000, 3),
  'onnx/vision_model.onnx': patterned(9000, 5),
  'vocab.json': Buffer.from('{"a": 0}'),
  'merges.txt': Buffer.from('#version: 0.2\n'),
};
const pinned = (path) => ({ path, bytes: files[path].length, sha256: sha256(files[path]) });
const detector = {
  kind: 'detector',
  licence: 'Test-1.0',
  licence_note: 'for tests only',
  files: { detector: pinned('network.onnx') },
};
const clip = {
  kind: 'clip',
  licence: 'Test-1.0',
  files: {
    text: pinned('onnx/text_model.onnx'),
    vision: pinned('onnx/vision_model.onnx'),
    vocab: pinned('vocab.json'),
    merges: pinned('merges.txt'),
  },
  written: { 'preprocessor_config.json': { crop_size: 224 } },
  description: { dim: 16 },
};

describe('models fetch', { skip: missing }, () => {
  let folder;
  let host;
  let address;
  let requests;
  let answer; // (request, response, bytes) for the next test

  const models = () => join(folder, 'models');
  const installed = (...path) => join(models(), 'tiny', ...path);
  const part = (name) => join(models(), '.fetch/tiny', `${name}.part`);

  function serveWhole(request, response, bytes) {
    response.setHeader('accept-ranges', 'bytes');
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const first = range ? Number(range[1]) : 0;
    const status = range ? 206 : 200;
    if (range)
      response.setHeader('content-range', `bytes ${first}-${bytes.length - 1}/${bytes.length}`);
    response.writeHead(status, { 'content-length': bytes.length - first });
    response.end(bytes.subarray(first));
  }
  // Promises everything and breaks off in the middle.
  function breakOff(request, response, bytes, sent) {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, sent), () => setTimeout(() => response.destroy(), 100));
  }

  // Runs the program; resolves to its exit code and what it printed.
  function sightline(args, environment = {}) {
    const child = spawn(program, args, {
      env: { ...process.env, SIGHTLINE_MODELS: models(), no_proxy: '127.0.0.1', ...environment },
    });
    const result = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', (text) => (result[name] += text));
    return new Promise((resolve) =>
      child.on('close', (code) =>
        resolve({ code, ...result, complaint: result.stderr.trim().split('\n').at(-1) }),
      ),
    );
  }
  function fetchTiny(model, ...args) {
    const catalogue = join(folder, 'catalogue.json');
    writeFileSync(catalogue, JSON.stringify({ models: { tiny: { base_url: address, ...model } } }));
    return sightline(['models', 'fetch', 'tiny', '--catalogue', catalogue, ...args]);
  }
  const listed = async () =>
    JSON.parse((await sightline(['models', 'list', '--json'])).stdout).models.find(
      ({ id }) => id === 'tiny',
    );

  before(async () => {
    host = createServer((request, response) => {
      requests.push(request);
      const bytes = files[request.url.slice(1)];
      if (answer) return answer(request, response, bytes);
      if (bytes) return serveWhole(request, response, bytes);
      response.writeHead(404).end('there is nothing here');
    });
    await new Promise((resolve) => host.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${host.address().port}/`;
  });
  after(() => host?.close());
  beforeEach(() => {
    if (folder) rmSync(folder, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), 'sightline-fetch-'));
    requests = [];
    answer = undefined;
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  test('good bytes are installed, and the licence and the size are told before', async () => {
    const { code, stdout, stderr } = await fetchTiny(clip, '--json');
    assert.equal(code, 0, stderr);
    const report = JSON.parse(stdout);
    assert.equal(report.already_installed, false);
    assert.equal(report.path, installed());
    assert.deepEqual(
      report.files.map(({ path }) => path),
      Object.values(clip.files).map(({ path }) => path),
    );
    for (const { path } of report.files)
      assert.deepEqual(readFileSync(installed(path)), files[path]);
    const told = stderr.split('\n');
    const firstFetch = told.findIndex((line) => line.startsWith('fetch '));
    assert.ok(told.indexOf('licence: Test-1.0') < firstFetch);
    assert.ok(told.indexOf('size: 0.0 MB') < firstFetch);

    const { kind, dim, licence, problem, embedded } = await listed();
    assert.deepEqual(
      { kind, dim, licence, problem, embedded },
      { kind: 'clip', dim: 16, licence: 'Test-1.0', problem: null, embedded: false },
    );
    const description = JSON.parse(readFileSync(installed('model.json'), 'utf8'));
    assert.equal(description.files.text.sha256, clip.files.text.sha256);
    assert.equal(description.fetched_from, address);
    assert.deepEqual(
      readdirSync(models()).filter((name) => !name.startsWith('.')),
      ['tiny'],
    );
  });

  test('an installed model is verified and asks the host for nothing', async () => {
    assert.equal((await fetchTiny(detector)).code, 0);
    requests = [];
    const again = await fetchTiny(detector);
    assert.equal(again.code, 0);
    assert.match(again.stdout, /already installed and verified/);
    assert.equal(requests.length, 0);
  });

  test('a damaged model is fetched again', async () => {
    await fetchTiny(detector);
    writeFileSync(installed('network.onnx'), 'damaged');
    const { code, stderr } = await fetchTiny(detector);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /the installed tiny is replaced: .*sha256/);
    assert.deepEqual(readFileSync(installed('network.onnx')), network);
  });

  test('a folder that was not fetched is left alone', async () => {
    mkdirSync(installed(), { recursive: true });
    writeFileSync(installed('mine.onnx'), 'mine');
    const { code, complaint } = await fetchTiny(detector);
    assert.equal(code, 1);
    assert.match(complaint, /was not fetched; move it away/);
    assert.equal(readFileSync(installed('mine.onnx'), 'utf8'), 'mine');
  });

  test('wrong bytes are named with both hashes, and nothing is installed or kept', async () => {
    const wrong = Buffer.from(network);
    wrong[1000] ^= 1;
    answer = (request, response) => serveWhole(request, response, wrong);
    const { code, complaint } = await fetchTiny(detector);
    assert.equal(code, 4);
    assert.ok(complaint.includes(`${address}network.onnx`), complaint);
    assert.ok(complaint.includes(`${sha256(wrong)}, expected ${sha256(network)}`), complaint);
    assert.equal(existsSync(installed()), false);
    assert.equal(existsSync(part('network.onnx')), false);
    assert.equal(requests.length, 1);
  });

  test('more bytes than are pinned are refused when the first of them arrives', async () => {
    answer = (request, response) =>
      serveWhole(request, response, Buffer.concat([network, Buffer.from('!')]));
    const { code, complaint } = await fetchTiny(detector);
    assert.equal(code, 1);
    assert.match(complaint, /larger than the 300000 bytes/);
    assert.equal(existsSync(part('network.onnx')), false);
  });

  test('a connection that breaks is taken up where it ended', async () => {
    answer = (request, response, bytes) =>
      requests.length === 1
        ? breakOff(request, response, bytes, 100_000)
        : serveWhole(request, response, bytes);
    const { code, stderr } = await fetchTiny(detector);
    assert.equal(code, 0, stderr);
    assert.equal(requests.length, 2);
    const [, first] = /^bytes=(\d+)-$/.exec(requests[1].headers.range);
    assert.ok(Number(first) > 0 && Number(first) <= 100_000);
    assert.deepEqual(readFileSync(installed('network.onnx')), network);
  });

  test('what an earlier run left is taken up by the next', async () => {
    mkdirSync(dirname(part('network.onnx')), { recursive: true });
    writeFileSync(part('network.onnx'), network.subarray(0, 123_456));
    const { code, stderr } = await fetchTiny(detector);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      requests.map(({ headers }) => headers.range),
      ['bytes=123456-'],
    );
    assert.match(stderr, /going on with network\.onnx after byte 123456/);
  });

  test('a host that always breaks off leaves a part and says how to go on', async () => {
    answer = (request, response, bytes) => breakOff(request, response, bytes, 100_000);
    const { code, complaint } = await fetchTiny(detector);
    assert.equal(code, 1);
    assert.match(complaint, /the same command goes on after byte \d+/);
    assert.equal(existsSync(installed()), false);
  });

  test('a left-over part of other bytes is started again', async () => {
    mkdirSync(dirname(part('network.onnx')), { recursive: true });
    writeFileSync(part('network.onnx'), Buffer.alloc(1000, 'x'));
    const { code, stderr } = await fetchTiny(detector);
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      requests.map(({ headers }) => headers.range),
      ['bytes=1000-', undefined],
    );
    assert.deepEqual(readFileSync(installed('network.onnx')), network);
  });

  test('a host that cannot serve parts sends everything again', async () => {
    mkdirSync(dirname(part('network.onnx')), { recursive: true });
    writeFileSync(part('network.onnx'), network.subarray(0, 50_000));
    answer = (request, response, bytes) =>
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    const { code, stderr } = await fetchTiny(detector);
    assert.equal(code, 0, stderr);
    assert.equal(requests.length, 1);
    assert.deepEqual(readFileSync(installed('network.onnx')), network);
  });

  test('a missing file is not asked for twice', async () => {
    answer = (request, response) => response.writeHead(404).end();
    const { code, complaint } = await fetchTiny(detector);
    assert.equal(code, 1);
    assert.match(complaint, /answered HTTP 404, expected 200; .*--from/);
    assert.equal(requests.length, 1);
  });

  test('a host that is busy at first is asked again', async () => {
    answer = (request, response, bytes) =>
      requests.length < 3
        ? response.writeHead(503).end('busy')
        : serveWhole(request, response, bytes);
    const { code, stderr } = await fetchTiny(detector);
    assert.equal(code, 0, stderr);
    assert.equal(requests.length, 3);
  });

  test('redirects are followed', async () => {
    answer = (request, response) =>
      request.url.startsWith('/elsewhere/')
        ? serveWhole(request, response, network)
        : response.writeHead(302, { location: `/elsewhere${request.url}` }).end();
    assert.equal((await fetchTiny(detector)).code, 0);
    assert.deepEqual(readFileSync(installed('network.onnx')), network);
  });

  test('a redirect to a file of this machine is refused', async () => {
    answer = (request, response) =>
      response.writeHead(302, { location: 'file:///etc/hostname' }).end();
    assert.notEqual((await fetchTiny(detector)).code, 0);
    assert.equal(existsSync(installed()), false);
  });

  test('without a connection one line names the remedies', async () => {
    const { code, complaint, stderr } = await fetchTiny({
      ...detector,
      base_url: 'http://127.0.0.1:1/',
    });
    assert.equal(code, 1);
    assert.match(
      complaint,
      /^sightline: cannot fetch http:\/\/127\.0\.0\.1:1\/network\.onnx: .*https_proxy.*--from/,
    );
    assert.equal(stderr.split('\n').filter((line) => line.startsWith('sightline:')).length, 1);
  });

  test('a proxy comes from the environment', async () => {
    const catalogue = join(folder, 'catalogue.json');
    const base_url = 'http://models.invalid/';
    writeFileSync(catalogue, JSON.stringify({ models: { tiny: { ...detector, base_url } } }));
    answer = (request, response) => serveWhole(request, response, network);
    const { code, stderr } = await sightline(
      ['models', 'fetch', 'tiny', '--catalogue', catalogue],
      { http_proxy: address, no_proxy: '' },
    );
    assert.equal(code, 0, stderr);
    assert.equal(requests[0].url, 'http://models.invalid/network.onnx');
  });

  test('--from takes the files of a folder', async () => {
    const copy = join(folder, 'copy');
    for (const { path } of Object.values(clip.files)) {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      writeFileSync(join(copy, path), files[path]);
    }
    const { code, stderr } = await fetchTiny(clip, '--from', copy);
    assert.equal(code, 0, stderr);
    assert.equal(requests.length, 0);
    assert.equal((await listed()).problem, null);

    rmSync(installed(), { recursive: true });
    writeFileSync(join(copy, 'merges.txt'), '#version: 9.9\n');
    const wrong = await fetchTiny(clip, '--from', copy);
    assert.equal(wrong.code, 4);
    assert.match(wrong.complaint, /merges\.txt: the sha256 is [0-9a-f]{64}, expected [0-9a-f]{64}/);
    assert.equal(existsSync(installed()), false);
  });

  test('--from takes a mirror in place of the catalogue’s address', async () => {
    const away = { ...detector, base_url: 'http://127.0.0.1:1/' };
    const { code, stderr } = await fetchTiny(away, '--from', address.slice(0, -1));
    assert.equal(code, 0, stderr);
    assert.equal(requests[0].url, '/network.onnx');
  });

  test('--from of another kind is a usage error', async () => {
    assert.equal((await fetchTiny(detector, '--from', 'ftp://host/')).code, 2);
    assert.equal((await fetchTiny(detector, '--from', join(folder, 'nowhere'))).code, 2);
  });

  test('bytes without a known hash need trust on first use, and are held to it later', async () => {
    const unknown = { ...detector, files: { detector: { path: 'network.onnx' } } };
    const refused = await fetchTiny(unknown);
    assert.equal(refused.code, 2);
    assert.match(refused.complaint, /sha256 of network\.onnx .* --trust-on-first-use/);
    assert.equal(requests.length, 0);

    const trusted = await fetchTiny(unknown, '--trust-on-first-use');
    assert.equal(trusted.code, 0, trusted.stderr);
    assert.ok(
      trusted.stderr.includes(`trusted on first use: network.onnx with sha256 ${sha256(network)}`),
    );
    assert.match((await fetchTiny(unknown)).stdout, /already installed and verified/);

    writeFileSync(installed('network.onnx'), 'damaged');
    answer = (request, response) => serveWhole(request, response, Buffer.from('something else'));
    const changed = await fetchTiny(unknown, '--trust-on-first-use');
    assert.equal(changed.code, 4);
    assert.ok(changed.complaint.includes(`expected ${sha256(network)}`), changed.complaint);
  });

  test('an unknown name lists the known ones', async () => {
    const { code, complaint } = await sightline(['models', 'fetch', 'clip-vit-base-patch23']);
    assert.equal(code, 2);
    for (const name of ['base-patch32', 'base-patch16', 'large-patch14'])
      assert.ok(complaint.includes(`clip-vit-${name}`), complaint);
    assert.match(complaint, /yolox-nano, yolov8n$/);
  });

  test('the AGPL of the YOLOv8 weights is said before they are fetched', async () => {
    const { code, stderr } = await sightline(['models', 'fetch', 'yolov8n', '--from', address]);
    assert.equal(code, 1);
    assert.match(stderr, /licence: AGPL-3\.0\nnote: .*AGPL-3\.0.*yolox-nano/);
  });

  test('a catalogue that leaves its folder or lacks a member is refused', async () => {
    const outside = { ...detector, files: { detector: { path: '../network.onnx' } } };
    assert.equal((await fetchTiny(outside)).code, 2);
    assert.equal((await fetchTiny({ ...detector, licence: undefined })).code, 2);
    assert.equal((await fetchTiny({ ...detector, kind: 'oracle' })).code, 2);
    assert.equal(requests.length, 0);
  });
});

describe('the pinned YOLOX-nano', { skip: missing }, () => {
  const shared = join(root, '../shared/assets/detector');
  const absent = !existsSync(join(shared, 'yolox_nano.onnx')) && `SKIPPED: no ${shared}`;

  test('is installed from a folder and runs', { skip: absent }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-fetch-'));
    const run = (...args) =>
      new Promise((resolve) => {
        const child = spawn(program, args, { env: { ...process.env, SIGHTLINE_MODELS: folder } });
        let printed = '';
        child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
        child.on('close', (code) => resolve({ code, printed }));
      });
    try {
      assert.equal((await run('models', 'fetch', 'yolox-nano', '--from', shared)).code, 0);
      const { code, printed } = await run('models', 'check', 'yolox-nano', '--json');
      assert.equal(code, 0);
      assert.equal(JSON.parse(printed).class_names.length, 80);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
