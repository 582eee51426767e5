// The WebAssembly core as JavaScript uses it: a bundle written natively gives the native answers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import { objectName, parseManifest } from '../format/read_bundle.mjs';

const root = join(fileURLToPath(import.meta.url), '../../..');
const fixtures = join(root, 'tests/fixtures/bundle');
const golden = join(fixtures, 'golden');
const site = process.env.SIGHTLINE_TEST_SITE ?? join(root, 'build/demo/site');
const program = join(root, 'build/bin/sightline');
const modulePath = join(root, 'build/web/sightline_core.mjs');
const binaryPath = join(root, 'build/web/sightline_core.wasm');
const maxGzipBytes = 250_000;

const skip = !existsSync(modulePath) && `SKIPPED: no ${modulePath}; run npm run build`;
const skipSite =
  skip ||
  (!existsSync(program) && `SKIPPED: no ${program}; run npm run build`) ||
  (!existsSync(join(site, 'bundle/manifest.json')) &&
    `SKIPPED: no demo site at ${site}; run npm run demo -- --no-serve`);
for (const reason of new Set([skip, skipSite])) if (reason) console.error(reason);

let core;
test.before(async () => {
  if (skip) return;
  const { default: createCore } = await import(pathToFileURL(modulePath).href);
  core = await createCore({ wasmBinary: readFileSync(binaryPath) });
});

const readStored = (folder, ref) => readFileSync(join(folder, objectName(ref)));

// A searcher over a bundle in a folder, every object added.
function openBundle(folder) {
  const ref = parseManifest(readFileSync(join(folder, 'manifest.json')));
  const searcher = core.Searcher.open(ref, readStored(folder, ref));
  for (const missing of searcher.missingObjects('search')) {
    assert.equal(missing.name, objectName(missing));
    searcher.addObject(missing, readStored(folder, missing));
  }
  assert.ok(searcher.ready());
  return searcher;
}

const searchOptions = (overrides) => ({
  ...{ kind: 'text', path: 'exact', k: 5, efSearch: 50, filters: [], excludedImage: null },
  ...overrides,
});

function ask(searcher, embedding, options) {
  const search = searcher.ask(embedding, options);
  const hits = search.step(false);
  search.delete();
  return hits;
}

// The hits that come as columns, as rows.
function rowsOf({ images, similarities, viewKinds, boxesXyxyPx }) {
  return [...images].map((image, i) => ({
    image,
    similarity: similarities[i],
    view_kind: viewKinds[i],
    box_xyxy_px: [...boxesXyxyPx.subarray(4 * i, 4 * i + 4)],
  }));
}

// An unpacked payload as an object of its own, stored without compression.
async function asStored(kind, payload) {
  const digest = Buffer.from(await crypto.subtle.digest('SHA-256', payload)).toString('hex');
  const size = payload.length;
  return [{ kind, compression: 0, storedBytes: size, rawBytes: size, sha256: digest }, payload];
}

function record(searcher, folder, image) {
  const { piece, position } = searcher.findRecord(image);
  return core.readRecords(piece, core.unpackObject(piece, readStored(folder, piece)))[position];
}

test('the core runs with SIMD', { skip }, () => {
  assert.equal(core.simdLevel(), 'wasm-simd128');
});

test('the golden bundle gives the native answers to the last bit', { skip }, () => {
  const searcher = openBundle(golden);
  const answers = JSON.parse(readFileSync(join(fixtures, 'golden_answers.json'), 'utf8'));
  for (const { name, kind, embedding, hits } of answers) {
    for (const path of ['exact', 'hnsw']) {
      const found = ask(searcher, new Float32Array(embedding), searchOptions({ kind, path }));
      assert.deepEqual(rowsOf(found), hits, `${name}, ${path}`);
    }
  }
  assert.equal(record(searcher, golden, 11).imageId, 'small/11.jpg');
  assert.deepEqual([...searcher.findImageIds('small/11.jpg')], [11]);
  assert.deepEqual(
    searcher.columns().map(({ name }) => name),
    ['sequence', 'timestamp_s', 'class'],
  );
  searcher.delete();
});

test('the demo site gives the hits of sightline search', { skip: skipSite }, () => {
  const bundle = join(site, 'bundle');
  const searcher = openBundle(bundle);
  const { imageCount } = searcher.root();
  for (const share of [0.2, 0.4, 0.8]) {
    const excludedImage = Math.floor(imageCount * share);
    const { imageId } = record(searcher, bundle, excludedImage);
    const embedding = searcher.imageEmbedding(excludedImage);
    for (const path of ['exact', 'hnsw']) {
      const options = searchOptions({ kind: 'image', path, k: 10, excludedImage });
      const found = rowsOf(ask(searcher, embedding, options)).map((hit) => [
        ...[record(searcher, bundle, hit.image).imageId, hit.similarity, hit.box_xyxy_px],
      ]);
      const args = ['search', site, '--similar', imageId, '--k', '10', '--path', path, '--json'];
      const { stdout } = spawnSync(program, args, { encoding: 'utf8' });
      const hits = JSON.parse(stdout).hits.map((hit) => [
        ...[hit.image_id, hit.similarity, hit.view.box_xyxy_px],
      ]);
      assert.deepEqual(found, hits, `${imageId}, ${path}`);
    }
  }
  searcher.delete();
});

test('errors arrive as Error with the code and the message of the core', { skip }, async () => {
  const readers = {
    root: async (payload) => core.Searcher.open(...(await asStored(1, payload))).delete(),
    records: async (payload) => core.readRecords((await asStored(5, payload))[0], payload),
    examples: (payload) => core.readExamples(payload, 16),
  };
  const lines = readFileSync(join(fixtures, 'refusals.tsv'), 'utf8').trimEnd().split('\n');
  let refused = 0;
  for (const [path, code, message] of lines.map((line) => line.split('\t'))) {
    const read = readers[path.split('.').pop()];
    if (read === undefined) continue;
    const attempt = async () => read(readFileSync(join(fixtures, path)));
    if (code === 'ok') {
      await attempt();
      continue;
    }
    await assert.rejects(attempt, (error) => {
      assert.ok(error instanceof Error, path);
      assert.deepEqual([error.code, error.message], [code, message]);
      return true;
    });
    refused += 1;
  }
  assert.ok(refused >= 17);
});

test('a swapped object, an early search and a bad query are refused', { skip }, () => {
  const ref = parseManifest(readFileSync(join(golden, 'manifest.json')));
  const searcher = core.Searcher.open(ref, readStored(golden, ref));
  const [first, second] = searcher.missingObjects('search');
  const query = new Float32Array(16).fill(0.25);
  const refusal = (code, message) => (error) => {
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
  assert.throws(
    () => searcher.addObject(first, readStored(golden, second)),
    refusal('corrupt', /^objects\/.*its reference says|the bytes hash to/),
  );
  assert.throws(
    () => ask(searcher, query, searchOptions()),
    refusal('invalid_argument', /^search: objects of the index are still missing$/),
  );
  searcher.delete();
  const opened = openBundle(golden);
  assert.throws(
    () => ask(opened, query.subarray(1), searchOptions()),
    refusal('invalid_argument', /15 dimensions, this bundle 16/),
  );
  assert.throws(
    () => ask(opened, query, searchOptions({ filters: ['nonsense'] })),
    refusal('invalid_argument', /nonsense/),
  );
  opened.delete();
});

test('deleted searchers are gone, and their memory is used again', { skip }, () => {
  const deleted = openBundle(golden);
  deleted.delete();
  assert.throws(() => deleted.ready(), /deleted/);
  const memoryBytes = () => core.HEAPU8.length;
  const before = memoryBytes();
  for (let i = 0; i < 300; ++i) openBundle(golden).delete();
  assert.equal(memoryBytes(), before);
});

test('no 64-bit integer crosses the border', { skip }, () => {
  const searcher = openBundle(golden);
  const walk = (value) => {
    assert.notEqual(typeof value, 'bigint');
    assert.ok(!(value instanceof BigInt64Array || value instanceof BigUint64Array));
    if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value)) {
      Object.values(value).forEach(walk);
    }
  };
  walk(searcher.root());
  walk(searcher.columns());
  walk(searcher.findRecord(3));
  walk(record(searcher, golden, 3));
  walk(ask(searcher, new Float32Array(16).fill(0.25), searchOptions()));
  searcher.delete();
});

test(`the core is at most ${maxGzipBytes} bytes with gzip -9`, { skip }, () => {
  const size = (input) => spawnSync('gzip', ['-9', '-c'], { input }).stdout.length;
  // As the page ships it.
  const glueCode = transformSync(readFileSync(modulePath, 'utf8'), { minify: true }).code;
  const [wasm, glue] = [size(readFileSync(binaryPath)), size(glueCode)];
  console.log(
    `core: ${wasm} bytes of WebAssembly + ${glue} of JavaScript = ${wasm + glue}, gzipped`,
  );
  assert.ok(wasm + glue <= maxGzipBytes, `${wasm + glue} bytes`);
});
