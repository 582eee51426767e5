// A paged bundle that was kept for a time without network: filtered searches answer as online.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run } from '../support/program.mjs';
import { clusteredVectors, writeNpy } from '../support/vectors.mjs';
import { loadPackage, missing, serve } from './demo_site.mjs';
import { FakeCaches } from './fake_caches.mjs';

const [rows, added, dim, queryCount] = [3000, 60, 64, 5];
const all = clusteredVectors({ rows: rows + added, dim });
const queries = clusteredVectors({ rows: queryCount, dim, seed: 2 });

const filters = [
  ...['height_m >= 2900', 'height_m <= 40', 'parity = odd', 'place = place-7'],
  ...['place in place-7,place-31', 'place != elsewhere', 'parity = even & height_m >= 1500'],
].map((line) => line.split(' & '));

describe('a paged bundle without network', { skip: missing }, () => {
  let folder;
  let sightline;
  const at = (name) => join(folder, name);

  function build(chosen) {
    const values = Float32Array.from(
      chosen.flatMap((row) => [...all.subarray(row * dim, (row + 1) * dim)]),
    );
    writeNpy(at('base.npy'), values, [chosen.length, dim]);
    const records = chosen.map((row) =>
      JSON.stringify({
        image_id: `row-${row}`,
        parity: row % 2 ? 'odd' : 'even',
        height_m: row,
        place: row % 12 ? 'elsewhere' : `place-${(row / 12) % 50}`,
      }),
    );
    writeFileSync(at('records.jsonl'), records.join('\n'));
    const built = run(
      ...['build', at('base.npy'), '--records', at('records.jsonl'), '--out', at('bundle')],
      ...['--bundle-only', '--graph', 'on', '--progress', 'none'],
    );
    assert.equal(built.code, 0, built.stderr);
  }

  async function answers(engine) {
    const found = [];
    for (const filter of filters) {
      for (let query = 0; query < queryCount; ++query) {
        const vector = queries.slice(query * dim, (query + 1) * dim);
        const { hits, eligibleCount } = await engine.search({ vector, k: 10, filter });
        const ids = hits.map(({ imageId, similarity }) => [imageId, similarity]);
        found.push([filter.join(' & '), eligibleCount, ids]);
      }
    }
    return found;
  }

  // What is found online and, by a copy of the bundle, after the host has gone; the kinds it kept.
  async function onlineAndOffline() {
    globalThis.caches = new FakeCaches();
    const host = await serve(folder);
    const address = new URL('bundle/', host.address);
    try {
      const online = await sightline.open(address, { prefetch: false });
      const expected = await answers(online);
      online.close();
      const keeper = await sightline.open(address, { prefetch: false });
      const state = await keeper.download();
      assert.ok(state.complete && !state.isLowerBound);
      assert.equal(state.storedBytes, state.totalBytes);
      keeper.close();
      await host.stop();
      const offline = await sightline.open(address, { prefetch: false });
      const found = await answers(offline);
      offline.close();
      const urls = [...globalThis.caches.files.keys()];
      return { expected, found, kinds: new Set(urls.map((url) => url.split('.').pop())) };
    } finally {
      await host.stop();
    }
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-offline-'));
    sightline = await loadPackage();
    build(Array.from({ length: rows }, (_, row) => row));
  });
  after(() => {
    delete globalThis.caches;
    if (folder) rmSync(folder, { recursive: true });
  });

  test('is searched by ranges, by values of few and by listed values of many', async () => {
    const { expected, found, kinds } = await onlineAndOffline();
    assert.deepEqual(found, expected);
    assert.ok(expected.every(([, , hits]) => hits.length > 0));
    for (const kind of ['cell', 'piece', 'columns', 'ids', 'list', 'names']) {
      assert.ok(kinds.has(kind), kind);
    }
    // For programs: no search in a browser reads them.
    assert.ok(!kinds.has('base') && !kinds.has('graph'), [...kinds].join(' '));
  });

  test('is searched in the same ways after it was built upon', async () => {
    build(Array.from({ length: rows + added }, (_, row) => row).filter((row) => row % 100 !== 24));
    const { expected, found, kinds } = await onlineAndOffline();
    assert.deepEqual(found, expected);
    assert.ok(expected.every(([, , hits]) => hits.length > 0));
    const ids = new Set(expected.flatMap(([, , hits]) => hits.map(([id]) => id)));
    assert.ok([...ids].some((id) => Number(id.slice(4)) >= rows));
    assert.ok(![...ids].some((id) => Number(id.slice(4)) % 100 === 24));
    for (const kind of ['cell', 'piece', 'list', 'names']) assert.ok(kinds.has(kind), kind);
    assert.ok(!kinds.has('base') && !kinds.has('graph'), [...kinds].join(' '));
  });
});
