// A paged bundle that was built upon: the engine answers as the program does, and what is gone is nowhere.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { json, output, run } from '../support/program.mjs';
import { clusteredVectors, unitRows, writeNpy } from '../support/vectors.mjs';
import { loadPackage, missing } from './demo_site.mjs';

const [rows, added, dim, queryCount] = [3000, 90, 64, 20];
const all = clusteredVectors({ rows: rows + added, dim });
const queries = clusteredVectors({ rows: queryCount, dim, seed: 2 });
const units = unitRows(queries, dim);
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
const isChanged = (row) => row % 500 === 250;
const kept = range(0, rows + added).filter((row) => row % 40 !== 3);

describe('a paged bundle with deltas in the engine', { skip: missing }, () => {
  let folder;
  let sightline;
  let engine;
  const at = (name) => join(folder, name);

  function build(chosen, toneOf) {
    const values = Float32Array.from(
      chosen.flatMap((row) => [...all.subarray(row * dim, (row + 1) * dim)]),
    );
    writeNpy(at('base.npy'), values, [chosen.length, dim]);
    const records = chosen.map((row) =>
      JSON.stringify({ image_id: `row-${row}`, tone: toneOf(row), height_m: row }),
    );
    writeFileSync(at('records.jsonl'), records.join('\n'));
    const built = run(
      ...['build', at('base.npy'), '--records', at('records.jsonl'), '--out', at('bundle')],
      ...['--bundle-only', '--progress', 'none'],
    );
    assert.equal(built.code, 0, built.stderr);
  }
  const toneOf = (row) => (row % 2 ? 'odd' : 'even');

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-deltas-'));
    writeNpy(at('queries.npy'), queries, [queryCount, dim]);
    build(range(0, rows), toneOf);
    build(kept, (row) => (isChanged(row) ? 'changed' : toneOf(row)));
    sightline = await loadPackage();
    engine = await sightline.open(new sightline.FileSource(at('bundle')), { prefetch: false });
  });
  after(() => {
    engine?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  const vector = (query) => units.subarray(query * dim, (query + 1) * dim);
  const idsAndSimilarities = ({ imageId, similarity }) => [imageId, similarity];

  test('gives the native ids and similarities by every path, filtered too', async () => {
    const { deltas } = json('inspect', at('bundle'), '--json').indexes[0];
    assert.ok(deltas.added_rows > added && deltas.removed_rows > 70);
    for (const [path, filter] of [
      ['cells', null],
      ['exact', null],
      ['cells', 'tone = odd'],
      ['cells', 'height_m >= 3010'],
    ]) {
      const native = output(
        ...['search', at('bundle'), '--vectors', at('queries.npy'), '--k', '10', '--path', path],
        ...(filter ? ['--filter', filter] : []),
      );
      const fresh = await sightline.open(new sightline.FileSource(at('bundle')), {
        prefetch: false,
      });
      for (const line of native.trimEnd().split('\n')) {
        const { query, hits } = JSON.parse(line);
        assert.equal(hits.length, 10);
        const found = await fresh.search({
          ...{ vector: vector(query), k: 10, path, filter: filter ? [filter] : [] },
        });
        assert.deepEqual(
          found.hits.map(idsAndSimilarities),
          hits.map((hit) => [hit.image_id, hit.similarity]),
        );
      }
      fresh.close();
    }
  });

  test('what is gone is in no list and no count', async () => {
    const ids = new Set(kept.map((row) => `row-${row}`));
    const { hits, eligibleCount } = await engine.search({ k: rows + added });
    assert.equal(eligibleCount, kept.length);
    assert.equal(hits.length, kept.length);
    assert.deepEqual(new Set(hits.map(({ imageId }) => imageId)), ids);
    for (const k of [20, 100]) {
      const listed = (await engine.search({ k })).hits.map(({ imageId }) => imageId);
      assert.ok(new Set(listed).size === k && listed.every((id) => ids.has(id)));
    }
    const filter = [{ field: 'tone', op: '=', values: ['odd'] }];
    const odd = kept.filter((row) => row % 2 && !isChanged(row));
    const filtered = await engine.search({ k: 5000, filter });
    assert.equal(filtered.eligibleCount, odd.length);
    assert.equal(filtered.hits.length, odd.length);
    const facets = await engine.facets();
    const tones = facets.find(({ field }) => field === 'tone').values;
    const changed = kept.filter(isChanged);
    assert.deepEqual(Object.fromEntries(tones.map(({ value, count }) => [value, count])), {
      changed: changed.length,
      even: kept.length - odd.length - changed.length,
      odd: odd.length,
    });
    assert.equal(facets.find(({ field }) => field === 'height_m').max, kept.at(-1));
    assert.equal((await engine.stats()).imageCount, kept.length);
    const [gone, there, fresh] = await engine.get(['row-3', 'row-250', `row-${rows + 80}`]);
    assert.equal(gone, null);
    assert.equal(there.imageId, 'row-250');
    assert.equal(fresh.imageId, `row-${rows + 80}`);
    const similar = await engine.similar('row-250', { k: 20 });
    assert.ok(similar.hits.every(({ imageId }) => ids.has(imageId) && imageId !== 'row-250'));
  });
});
