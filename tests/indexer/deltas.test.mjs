// `sightline build VECTORS.npy` upon a bundle: what is new goes beside its cells, what is gone is listed.
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { before, beforeEach, describe, test } from 'node:test';
import {
  contentOf,
  filesBelow,
  json,
  output,
  program,
  run,
  temporaryFolder,
} from '../support/program.mjs';
import { clusteredVectors, writeNpy } from '../support/vectors.mjs';

const skip = !existsSync(program) && `SKIPPED: no ${program}; run npm run build`;
if (skip) console.error(skip);

const folder = temporaryFolder();
const at = (name) => join(folder, name);
const [rows, dim, queryCount] = [3000, 32, 20];
const many = 8000; // rows in cells enough that a query opens few of them
const all = clusteredVectors({ rows: Math.round(1.15 * many), dim });
const vectorOf = (row) => all.subarray(row * dim, (row + 1) * dim);
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);

// A row of the source: an id, a vector by number, and a facet.
const source = (row, changes = {}) => ({
  id: `row-${row}`,
  vector: row,
  tone: row % 500 === 50 ? 'rare' : row % 3,
  ...changes,
});
const base = range(0, rows).map((row) => source(row));

function write(items, { records = true } = {}) {
  const values = new Float32Array(items.length * dim);
  items.forEach(({ vector }, i) => values.set(vectorOf(vector), i * dim));
  writeNpy(at('rows.npy'), values, [items.length, dim]);
  const lines = items.map(({ id, tone }) => JSON.stringify({ image_id: id, tone: `${tone}` }));
  writeFileSync(at('rows.jsonl'), lines.join('\n'));
  return [at('rows.npy'), ...(records ? ['--records', at('rows.jsonl')] : [])];
}

function build(items, ...args) {
  const { code, stderr } = run(
    ...['build', ...write(items, { records: !args.includes('numbered') })],
    ...['--out', at('bundle'), '--bundle-only', '--progress', 'plain'],
    ...args.filter((arg) => arg !== 'numbered'),
  );
  assert.equal(code, 0, stderr);
  return stderr;
}

const lines = (text) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const searchAll = (k, ...args) =>
  lines(output('search', at('bundle'), '--vectors', at('queries.npy'), '--k', `${k}`, ...args));
const inspect = () => json('inspect', at('bundle'), '--json');
const deltas = () => inspect().indexes[0].deltas;
const fileCount = () => filesBelow(at('bundle')).length;

// Every answer holds what the source holds, by any path.
function holds(items) {
  assert.equal(inspect().image_count, items.length);
  assert.ok(json('verify', at('bundle'), '--json').ok);
  const ids = new Set(items.map(({ id }) => id));
  for (const { hits } of searchAll(items.length + 10, '--path', 'exact')) {
    assert.equal(hits.length, items.length);
    assert.deepEqual(new Set(hits.map((hit) => hit.image_id)), ids);
  }
  for (const stage of ['first', 'settled']) {
    for (const { hits } of searchAll(50, '--stage', stage)) {
      assert.ok(hits.length === 50 && hits.every((hit) => ids.has(hit.image_id)));
    }
  }
  for (const tone of new Set(items.map((item) => item.tone))) {
    const wanted = items.filter((item) => item.tone === tone).map(({ id }) => id);
    const [{ hits }] = searchAll(items.length, '--path', 'exact', '--filter', `tone = ${tone}`);
    assert.deepEqual(new Set(hits.map((hit) => hit.image_id)), new Set(wanted));
  }
  // The nearest of each query by the source's vectors.
  let found = 0;
  searchAll(10).forEach(({ query, hits }) => {
    const vector = queries.subarray(query * dim, (query + 1) * dim);
    const near = items
      .map((item) => ({ id: item.id, similarity: cosine(vectorOf(item.vector), vector) }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, 10)
      .map(({ id }) => id);
    found += hits.filter((hit) => near.includes(hit.image_id)).length;
  });
  assert.ok(found >= 0.8 * 10 * queryCount, `recall ${found / 10 / queryCount}`);
}

function cosine(row, query) {
  const dot = row.reduce((sum, value, i) => sum + value * query[i], 0);
  return dot / Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
}
const queries = clusteredVectors({ rows: queryCount, dim, seed: 2 });

describe('a build upon a bundle of vectors', { skip }, () => {
  before(() => {
    writeNpy(at('queries.npy'), queries, [queryCount, dim]);
    build(base);
    cpSync(at('bundle'), at('first'), { recursive: true });
  });
  beforeEach(() => {
    rmSync(at('bundle'), { recursive: true });
    cpSync(at('first'), at('bundle'), { recursive: true });
  });

  test('writes nothing where nothing changed, whatever the order of the rows', () => {
    assert.match(build(base), / 0 files written/);
    assert.match(build([...base].reverse()), / 0 files written/);
    assert.equal(contentOf(at('bundle')), contentOf(at('first')));
  });

  test('adds rows beside the cells, in few bytes', () => {
    const before = new Set(filesBelow(at('bundle')));
    const items = [...base, ...range(rows, rows + 30).map((row) => source(row, { tone: 'new' }))];
    build(items);
    assert.deepEqual(deltas(), { generations: 1, objects: 1, added_rows: 30, removed_rows: 0 });
    const files = filesBelow(at('bundle'));
    const added = files.filter((file) => !before.has(file) && !file.endsWith('.root'));
    const bytes = (paths) => paths.reduce((sum, path) => sum + statSync(path).size, 0);
    assert.ok(bytes(added) < 0.02 * bytes(files), `${bytes(added)} of ${bytes(files)} bytes`);
    holds(items);
    assert.ok(searchAll(10, '--cold').every(({ round_trips: trips }) => trips <= 3));
  });

  test('lists what is gone, and changes are a removal and an addition', () => {
    const items = base
      .filter((_, row) => row % 50 !== 7)
      .map((item, i) => {
        if (i % 100 === 0) return { ...item, vector: rows + i / 100 };
        return i % 100 === 1 ? { ...item, tone: 'changed' } : item;
      });
    build(items);
    const gone = base.length - items.length;
    const changed = items.filter((item, i) => i % 100 < 2).length;
    const { added_rows: added, removed_rows: removed } = deltas();
    assert.deepEqual([added, removed], [changed, gone + changed]);
    holds(items);
    const changedId = items[0].id;
    const { hits } = json('search', at('bundle'), '--similar', changedId, '--k', '5', '--json');
    assert.ok(hits.every(({ image_id: id }) => id !== changedId));
    const missing = run('search', at('bundle'), '--similar', 'row-7');
    assert.match(missing.stderr, /no image 'row-7'/);
    run('export', at('bundle'), '--out', at('exported'));
    const exported = lines(readFileSync(at('exported/metadata.jsonl'), 'utf8'));
    assert.deepEqual(
      exported.map((record) => record.image_id).sort(),
      items.map(({ id }) => id).sort(),
    );
  });

  test('goes on upon deltas, and small ones are written again with the next', () => {
    const grown = (count) => [...base, ...range(rows, rows + count).map((row) => source(row))];
    build(grown(60));
    build(grown(65).slice(5));
    assert.equal(deltas().generations, 2);
    const items = grown(200).slice(10);
    build(items);
    assert.deepEqual(
      [deltas().generations, deltas().added_rows, deltas().removed_rows],
      [2, 200, 10],
    );
    holds(items);
    // Rows of a delta that are gone again.
    const fewer = items.filter(({ vector }) => vector % 7 !== 0);
    build(fewer);
    holds(fewer);
    build(base);
    holds(base);
  });

  test('upon facets and a graph: both answer, and their objects stay as they are', () => {
    const kinds = ['list', 'names', 'graph'];
    const [before, after] = [at('first'), at('bundle')].map(
      (bundle) => () =>
        filesBelow(bundle)
          .filter((path) => kinds.some((kind) => path.endsWith(`.${kind}`)))
          .map((path) => basename(path)),
    );
    const kept = before();
    assert.ok(kept.some((path) => path.endsWith('.graph')));
    assert.ok(
      kept.some((path) => path.endsWith('.list')),
      kept.join(),
    );
    const items = [
      ...base.slice(10),
      ...range(rows, rows + 90).map((row) => source(row, { tone: row % 3 ? 'new' : 'rare' })),
    ];
    build(items);
    assert.equal(deltas().added_rows, 90);
    assert.deepEqual(after(), kept);
    for (const tone of ['0', 'new', 'rare']) {
      const wanted = items.filter((item) => `${item.tone}` === tone).map(({ id }) => id);
      const filter = ['--filter', `tone = ${tone}`];
      const exact = searchAll(10, '--path', 'exact', ...filter);
      for (const path of ['exact', 'cells', 'hnsw', 'auto']) {
        const all = ['--path', path, '--probe-cells', '100000'];
        for (const { hits } of searchAll(items.length, ...all, ...filter)) {
          assert.deepEqual(new Set(hits.map((hit) => hit.image_id)), new Set(wanted));
        }
        let found = 0;
        searchAll(10, '--path', path, '--cold', ...filter).forEach(({ hits }, query) => {
          assert.ok(hits.every((hit) => wanted.includes(hit.image_id)));
          const nearest = exact[query].hits.map((hit) => hit.image_id);
          found += hits.filter((hit) => nearest.includes(hit.image_id)).length;
        });
        assert.ok(found >= 0.7 * 10 * queryCount, `${path}, ${tone}: ${found}`);
      }
    }
    assert.match(build(items, '--graph', 'off'), /built with other options/);
    assert.equal(inspect().sizes.graph, undefined);
  });

  test('a new value of rows that lie together is found from afar', () => {
    rmSync(at('bundle'), { recursive: true });
    const isNew = (row) => row >= many && [3, 11].includes(row % 20);
    for (const count of [many, 1.1 * many, 1.15 * many]) {
      const items = range(0, Math.round(count)).map((row) =>
        source(row, { tone: isNew(row) ? 'new' : row % 3 }),
      );
      build(items, '--graph', 'off');
    }
    assert.equal(deltas().generations, 2);
    for (const k of [5, 10]) {
      const filter = ['--filter', 'tone = new'];
      const exact = searchAll(k, '--path', 'exact', ...filter);
      let found = 0;
      searchAll(k, '--cold', ...filter).forEach(({ hits }, query) => {
        const nearest = exact[query].hits.map((hit) => hit.image_id);
        found += hits.filter((hit) => nearest.includes(hit.image_id)).length;
      });
      assert.ok(found >= 0.9 * k * queryCount, `k ${k}: ${found / k / queryCount}`);
    }
  });

  test('many small builds keep the number of files in bounds, by a full one where it is time', () => {
    const objects = () =>
      Object.values(inspect().sizes).reduce((sum, { objects: count }) => sum + count, 0);
    const limit = 1.5 * objects();
    const full = [];
    for (let step = 1; step <= 12; ++step) {
      const items = [...base, ...range(rows, rows + 60 * step).map((row) => source(row))];
      if (/building in full/.test(build(items))) full.push(step);
      assert.ok(objects() <= limit, `${step}: ${objects()} of ${limit}`);
      assert.equal(inspect().image_count, items.length);
    }
    assert.deepEqual(full, [11]);
    assert.equal(deltas().generations, 1);
  });

  test('--full makes what a build from nothing makes', () => {
    const items = [...base.slice(20), ...range(rows, rows + 50).map((row) => source(row))];
    build(items);
    assert.ok(deltas());
    assert.doesNotMatch(build(items, '--full'), /building in full/);
    const manifest = readFileSync(at('bundle/manifest.json'), 'utf8');
    assert.equal(deltas(), undefined);
    rmSync(at('bundle'), { recursive: true });
    build(items);
    assert.equal(readFileSync(at('bundle/manifest.json'), 'utf8'), manifest);
  });

  test('builds in full where too much changed, and says why', () => {
    const most = [...base, ...range(rows, rows + 500).map((row) => source(row))];
    build(most);
    assert.equal(deltas().added_rows, 500);
    const items = [...base, ...range(rows, rows + 800).map((row) => source(row))];
    assert.match(build(items), /building in full.*27 % of its rows are new or gone, at most 20 %/);
    assert.equal(deltas(), undefined);
    const named = (name, count) =>
      items.map((item, i) =>
        i < count ? { ...item, tone: `${name} ${'x'.repeat(94)} ${i}` } : item,
      );
    build(named('first', 70));
    assert.equal(deltas().generations, 1);
    assert.match(build(named('second', 30)), /building in full.*too many new values/);
    assert.equal(deltas(), undefined);
    assert.match(build(items, '--code-bytes', '24'), /built with other options, queries or facets/);
    holds(items);
  });

  test('builds in full upon a bundle that is damaged or keeps nothing for it', () => {
    for (const kind of ['.base', '.cell', '.piece']) {
      rmSync(filesBelow(at('bundle')).find((path) => path.endsWith(kind)));
      assert.match(build(base), /building in full.*it is missing/, kind);
      assert.equal(fileCount(), filesBelow(at('first')).length);
    }
  });

  test('the same base and rows give the same bytes with one thread and with two', () => {
    const items = [...base.slice(30), ...range(rows, rows + 300).map((row) => source(row))];
    build(items, '--threads', '1');
    cpSync(at('bundle'), at('one'), { recursive: true });
    rmSync(at('bundle'), { recursive: true });
    cpSync(at('first'), at('bundle'), { recursive: true });
    build(items, '--threads', '2');
    assert.equal(contentOf(at('bundle')), contentOf(at('one')));
  });

  test('rows without records are known by their number', () => {
    rmSync(at('bundle'), { recursive: true });
    const numbered = (count) => range(0, count).map((row) => source(row));
    build(numbered(rows), 'numbered');
    const items = numbered(rows + 40);
    items[17].vector = rows + 100;
    build(items, 'numbered');
    const { added_rows: added, removed_rows: removed } = deltas();
    assert.deepEqual([added, removed], [41, 1]);
    const ids = searchAll(rows + 40, '--path', 'exact')[0].hits.map((hit) => Number(hit.image_id));
    assert.deepEqual(
      ids.sort((a, b) => a - b),
      range(0, rows + 40),
    );
  });
});
