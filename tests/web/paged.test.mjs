// A paged bundle in the engine: the same hits as natively, in few fetches, better as they come.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { json, output, run } from '../support/program.mjs';
import { clusteredVectors, unitRows, writeNpy } from '../support/vectors.mjs';
import { loadPackage, missing } from './demo_site.mjs';

const [rows, dim, queryCount] = [3000, 64, 20];
const queries = clusteredVectors({ rows: queryCount, dim, seed: 2 });
const units = unitRows(queries, dim);

describe('a paged bundle in the engine', { skip: missing }, () => {
  let folder;
  let sightline;
  let engine;
  let fetched = [];
  const bundle = () => join(folder, 'bundle');

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-paged-'));
    writeNpy(join(folder, 'base.npy'), clusteredVectors({ rows, dim }), [rows, dim]);
    writeNpy(join(folder, 'queries.npy'), queries, [queryCount, dim]);
    const records = Array.from({ length: rows }, (_, row) =>
      JSON.stringify({ image_id: `row-${row}`, parity: row % 2 ? 'odd' : 'even', height_m: row }),
    );
    writeFileSync(join(folder, 'records.jsonl'), records.join('\n'));
    const built = run(
      ...['build', join(folder, 'base.npy'), '--records', join(folder, 'records.jsonl')],
      ...['--out', bundle(), '--bundle-only', '--progress', 'none'],
    );
    assert.equal(built.code, 0, built.stderr);
    sightline = await loadPackage();
    const files = new sightline.FileSource(bundle());
    const counting = {
      name: files.name,
      get(name, options) {
        fetched.push(name);
        return files.get(name, options);
      },
    };
    engine = await sightline.open(counting, { prefetch: false });
  });
  after(() => {
    engine?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  const vector = (query) => units.subarray(query * dim, (query + 1) * dim);
  const kinds = () => new Set(fetched.map((name) => name.split('.').pop()));

  test('opens with the manifest and the root alone', () => {
    assert.deepEqual([...kinds()].sort(), ['json', 'root']);
  });

  test('gives the native ids and similarities', async () => {
    const native = output('search', bundle(), '--vectors', join(folder, 'queries.npy'), '--k', '10')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).hits);
    const fresh = await sightline.open(new sightline.FileSource(bundle()), { prefetch: false });
    for (let query = 0; query < queryCount; ++query) {
      const { hits } = await fresh.search({ vector: vector(query), k: 10 });
      assert.deepEqual(
        hits.map(({ imageId, similarity }) => [imageId, similarity]),
        native[query].map((hit) => [hit.image_id, hit.similarity]),
      );
    }
    fresh.close();
  });

  test('shows a first answer before the settled one, and fetches no object twice', async () => {
    fetched = [];
    const stages = [];
    for await (const result of engine.search({ vector: vector(0), k: 10 })) {
      stages.push(result.complete);
      assert.ok(result.hits.length > 0);
    }
    assert.equal(stages.at(-1), true);
    assert.deepEqual([...kinds()].sort(), ['cell', 'piece']);
    assert.equal(new Set(fetched).size, fetched.length);
    fetched = [];
    await engine.search({ vector: vector(0), k: 10 });
    assert.deepEqual(fetched, []);
  });

  test('fetches no columns for the images around one that is in no sequence', async () => {
    fetched = [];
    const around = await engine.sequence('row-7');
    assert.deepEqual(
      around.map(({ imageId }) => imageId),
      ['row-7'],
    );
    assert.ok(!kinds().has('columns'));
  });

  test('tells its facets by the root alone until a filter changes their counts', async () => {
    fetched = [];
    const values = ['even', 'odd'].map((value) => ({ value, count: rows / 2 }));
    const told = await engine.facets();
    const parity = told.find(({ field }) => field === 'parity');
    const height = told.find(({ field }) => field === 'height_m');
    assert.deepEqual(parity, { field: 'parity', type: 'category', values });
    assert.deepEqual(height, { field: 'height_m', type: 'number', min: 0, max: rows - 1 });
    assert.deepEqual(fetched, []);
    const counted = await engine.facets({ filter: ['height_m <= 2'] });
    const { values: left } = counted.find(({ field }) => field === 'parity');
    assert.deepEqual(
      left.map(({ count }) => count),
      [2, 1],
    );
    assert.deepEqual([...kinds()], ['columns']);
  });

  test('filters, similar images, ids and the listing work', async () => {
    const filter = [{ field: 'parity', op: '=', values: ['odd'] }];
    const { hits, eligibleCount } = await engine.search({ vector: vector(1), k: 20, filter });
    assert.equal(eligibleCount, rows / 2);
    assert.ok(hits.every(({ imageId }) => Number(imageId.slice(4)) % 2 === 1));
    const similar = await engine.similar('row-40', { k: 5 });
    assert.equal(similar.hits.length, 5);
    assert.equal(
      (await engine.get(['row-2999', 'nowhere'])).map((found) => found?.imageId ?? null)[0],
      'row-2999',
    );
    for (const k of [20, 40, rows]) {
      const listed = (await engine.search({ k })).hits.map(({ imageId }) => imageId);
      assert.equal(new Set(listed).size, k);
    }
  });

  test('a small index becomes resident after the first answer', async () => {
    const files = new sightline.FileSource(bundle());
    const cells = new Set();
    const ahead = await sightline.open({
      name: files.name,
      get(name, options) {
        if (name.endsWith('.cell')) cells.add(name);
        return files.get(name, options);
      },
    });
    const { indexes } = json('inspect', bundle(), '--json');
    await ahead.search({ vector: vector(0), k: 10 });
    const opened = cells.size;
    assert.ok(opened < indexes[0].cells);
    for (let wait = 0; wait < 100 && cells.size < indexes[0].cells; ++wait) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(cells.size, indexes[0].cells);
    ahead.close();
  });

  test('a filtered search asks the cells, not the columns', async () => {
    const fresh = await sightline.open({
      name: 'counting',
      get(name, options) {
        fetched.push(name);
        return new sightline.FileSource(bundle()).get(name, options);
      },
    });
    for (const filter of ['parity = odd', 'height_m >= 2900']) {
      const native = output(
        ...['search', bundle(), '--vectors', join(folder, 'queries.npy'), '--k', '10'],
        ...['--filter', filter],
      )
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).hits);
      fetched = [];
      for (let query = 0; query < queryCount; ++query) {
        const search = fresh.search({ vector: vector(query), k: 10, filter: [filter] });
        for await (const { complete, hits } of search) {
          if (!complete) continue;
          assert.deepEqual(
            hits.map(({ imageId, similarity }) => [imageId, similarity]),
            native[query].map((hit) => [hit.image_id, hit.similarity]),
          );
        }
      }
    }
    fresh.close();
  });

  test('a damaged cell is an error with a name', async () => {
    const files = new sightline.FileSource(bundle());
    const damaged = await sightline.open({
      name: files.name,
      get: async (name, options) => {
        const bytes = await files.get(name, options);
        return name.endsWith('.cell')
          ? bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte))
          : bytes;
      },
    });
    await assert.rejects(damaged.search({ vector: vector(0) }), { code: 'corrupt' });
    damaged.close();
  });
});
