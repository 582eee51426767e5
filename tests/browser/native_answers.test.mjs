// 10,000 query vectors: ids and similarities in Node, Chromium and Firefox are the native ones to the last bit.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { objectName, parseManifest } from '../format/read_bundle.mjs';
import { digestsOf, searchAll, unpackBundle } from '../support/answer_digests.mjs';
import { run } from '../support/program.mjs';
import { clusteredVectors, unitRows, writeNpy } from '../support/vectors.mjs';
import { bundle as demoBundle, missing, program, root, runJson, serve } from '../web/demo_site.mjs';
import { chromiumMissing, firefoxMissing, startChromium, startFirefox } from './browsers.mjs';

const [queryCount, fewQueries, k] = [10_000, 1_000, 10];
// Between clear clusters, of which one cell answers, and none, where every cell must be opened.
const kind = { clusters: 100, spread: 2 };
// Codes of the second are so short that a settled answer looks at more rows than the first one.
const built = {
  paged: { rows: 10_000, dim: 96, codes: ['--scan-bytes', '32', '--code-bytes', '160'] },
  coarse: { rows: 2_000, dim: 64, codes: ['--scan-bytes', '12', '--code-bytes', '40'] },
};

const settled = { bundle: 'paged', count: queryCount, isFirst: false, filters: [] };
const cases = {
  settled,
  filtered: { ...settled, count: fewQueries, filters: ['height_m >= 9000'] },
  coarse: { ...settled, count: fewQueries, bundle: 'coarse' },
  first: { ...settled, count: fewQueries, bundle: 'coarse', isFirst: true },
  resident: { ...settled, bundle: 'resident' },
};

const page = '<!doctype html><title>plain</title><script type="module" src="plain.js"></script>';
const script = `
import createCore from './sightline_core.mjs';
import { digestsOf, searchAll, unpackBundle } from './answer_digests.mjs';

const bytesOf = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
const core = await createCore({ wasmBinary: await bytesOf('sightline_core.wasm') });
window.digestsFor = async (name, { bundle, ...how }) => {
  const listing = await (await fetch(bundle + '.json')).json();
  const opened = unpackBundle(listing, await bytesOf(bundle + '.objects'));
  const queries = new Float32Array((await bytesOf(name + '.queries')).buffer);
  return digestsOf(searchAll(core, opened, queries, how));
};
`;

describe('10,000 query vectors', { skip: missing, concurrency: true }, () => {
  let folder;
  let host;
  const at = (name) => join(folder, name);
  const folderOf = (bundle) => (bundle in built ? at(bundle) : demoBundle);
  const native = {};

  function build(name, { rows, dim, codes }) {
    const records = Array.from({ length: rows }, (_, row) => JSON.stringify({ height_m: row }));
    writeFileSync(at('records.jsonl'), records.join('\n'));
    writeNpy(at('base.npy'), clusteredVectors({ ...kind, rows, dim }), [rows, dim]);
    const { code, stderr } = run(
      ...['build', at('base.npy'), '--records', at('records.jsonl'), '--out', at(name)],
      ...[...codes, '--graph', 'off', '--bundle-only', '--progress', 'none'],
    );
    assert.equal(code, 0, stderr);
  }

  // What searches may read of a bundle, in one file.
  function pack(name) {
    const isRead =
      /\.(root|cell|piece|names|list|transform|codes|refinement|views|graph|columns|ids|records)$/;
    const objects = join(folderOf(name), 'objects');
    const files = readdirSync(objects, { recursive: true }).filter((path) => isRead.test(path));
    const bytes = files.map((path) => readFileSync(join(objects, path)));
    let end = 0;
    const places = files.map((path, i) => [`objects/${path}`, end, (end += bytes[i].length)]);
    const ref = parseManifest(readFileSync(join(folderOf(name), 'manifest.json')));
    writeFileSync(at(`site/${name}.objects`), Buffer.concat(bytes));
    const listing = { root: { ...ref, name: objectName(ref) }, places };
    writeFileSync(at(`site/${name}.json`), JSON.stringify(listing));
  }

  // As the program takes them, and as the core does.
  function writeQueries(name, { bundle, count }) {
    const queryDim = runJson('inspect', folderOf(bundle), '--json').model.embedding_dim;
    const values = clusteredVectors({ ...kind, rows: count, dim: queryDim, seed: 2 });
    writeNpy(at(`${name}.npy`), values, [count, queryDim]);
    writeFileSync(at(`site/${name}.queries`), unitRows(values, queryDim));
  }

  async function answerNatively(name, { bundle, isFirst, filters }) {
    const { stdout } = await promisify(execFile)(
      program,
      [
        ...['search', folderOf(bundle), '--vectors', at(`${name}.npy`), '--k', String(k)],
        ...['--stage', isFirst ? 'first' : 'settled'],
        ...filters.flatMap((filter) => ['--filter', filter]),
      ],
      { maxBuffer: 1 << 28 },
    );
    const answers = stdout.trimEnd().split('\n').map(JSON.parse);
    return answers.map(({ hits }) => hits.map((hit) => [hit.image_id, hit.similarity]));
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-answers-'));
    mkdirSync(at('site'));
    for (const [name, how] of Object.entries(built)) build(name, how);
    for (const bundle of [...Object.keys(built), 'resident']) pack(bundle);
    await Promise.all(
      Object.entries(cases).map(async ([name, asked]) => {
        writeQueries(name, asked);
        native[name] = await answerNatively(name, asked);
      }),
    );
    for (const name of ['sightline_core.mjs', 'sightline_core.wasm']) {
      copyFileSync(join(root, 'build/web', name), at(`site/${name}`));
    }
    copyFileSync(join(root, 'tests/support/answer_digests.mjs'), at('site/answer_digests.mjs'));
    writeFileSync(at('site/index.html'), page);
    writeFileSync(at('site/plain.js'), script);
    host = await serve(at('site'));
  });
  after(async () => {
    await host?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  test('are answered by what they ask for', async () => {
    for (const [name, { count }] of Object.entries(cases)) {
      assert.equal(native[name].length, count);
      assert.ok(native[name].every((hits) => hits.length === k));
    }
    // Or two cases would say the same thing.
    assert.notDeepEqual(await digestsOf(native.first), await digestsOf(native.coarse));
    assert.ok(native.filtered.flat().every(([id]) => Number(id) >= 9000));
  });

  async function assertNative(digestsFor) {
    for (const [name, asked] of Object.entries(cases)) {
      assert.deepEqual(
        await digestsFor(name, { ...asked, k }),
        await digestsOf(native[name]),
        name,
      );
    }
  }

  for (const [name, start, absent] of [
    ['Chromium', startChromium, chromiumMissing],
    ['Firefox', startFirefox, firefoxMissing],
  ]) {
    test(`have the native answers in ${name}`, { skip: absent }, async () => {
      const browser = await start();
      try {
        const tab = await browser.newPage();
        await tab.goto(host.address);
        await tab.waitForFunction(() => window.digestsFor !== undefined);
        await assertNative((...given) => tab.evaluate((of) => window.digestsFor(...of), given));
      } finally {
        await browser.close();
      }
    });
  }

  test('have the native answers in Node', async () => {
    const path = pathToFileURL(join(root, 'build/web/sightline_core.mjs')).href;
    const { default: createCore } = await import(path);
    const core = await createCore({ wasmBinary: readFileSync(at('site/sightline_core.wasm')) });
    const bytesOf = (name) => new Uint8Array(readFileSync(at(`site/${name}`)));
    await assertNative((name, { bundle, ...how }) => {
      const listing = JSON.parse(readFileSync(at(`site/${bundle}.json`), 'utf8'));
      const opened = unpackBundle(listing, bytesOf(`${bundle}.objects`));
      const queries = new Float32Array(bytesOf(`${name}.queries`).buffer);
      return digestsOf(searchAll(core, opened, queries, how));
    });
  });
});
