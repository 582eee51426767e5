// `sightline build VECTORS.npy`: a paged bundle from vectors alone, and what is refused.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { contentOf, json, output, program, run, temporaryFolder } from '../support/program.mjs';
import { clusteredVectors, nearestRows, writeNpy } from '../support/vectors.mjs';

const skip = !existsSync(program) && `SKIPPED: no ${program}; run npm run build`;
if (skip) console.error(skip);

const folder = temporaryFolder();
const at = (name) => join(folder, name);
const [rows, dim, queryCount] = [4000, 64, 40];
const base = clusteredVectors({ rows, dim });
const queries = clusteredVectors({ rows: queryCount, dim, seed: 2 });
const build = (source, ...args) =>
  run('build', source, '--bundle-only', '--progress', 'none', ...args);
const lines = (text) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const searchAll = (...args) =>
  lines(output('search', at('bundle'), '--vectors', at('queries.npy'), '--k', '10', ...args));

function recallOf(answers) {
  let found = 0;
  for (const { query, hits } of answers) {
    const vector = queries.subarray(query * dim, (query + 1) * dim);
    const ids = new Set(hits.map((hit) => hit.image_id));
    found += nearestRows(base, dim, vector, 10).filter((row) => ids.has(`row-${row}`)).length;
  }
  return found / (10 * answers.length);
}

describe('vectors', { skip }, () => {
  before(() => {
    writeNpy(at('base.npy'), base, [rows, dim]);
    writeNpy(at('queries.npy'), queries, [queryCount, dim]);
    writeNpy(at('train.npy'), clusteredVectors({ rows: 200, dim, seed: 3 }), [200, dim]);
    const records = Array.from({ length: rows }, (_, row) => ({
      ...{ image_id: `row-${row}`, path: `images/${row}.jpg`, width_px: 640, height_px: 480 },
      ...{ colour: row % 3 === 0 ? 'red' : 'blue', height_m: row },
      ...{ band: row % 10 === 3 ? 'tenth' : 'rest', mark: row % 400 === 7 ? 'rare' : 'usual' },
    }));
    writeFileSync(at('records.jsonl'), records.map((record) => JSON.stringify(record)).join('\n'));
    const built = build(
      ...[at('base.npy'), '--queries', at('train.npy'), '--records', at('records.jsonl')],
      ...['--out', at('bundle')],
    );
    assert.equal(built.code, 0, built.stderr);
  });

  test('the nearest rows are found in three round trips, by a part of the bytes', () => {
    const settled = searchAll('--cold');
    assert.ok(recallOf(settled) >= 0.9, `recall ${recallOf(settled)}`);
    assert.ok(settled.every((answer) => answer.round_trips === 3));
    const { sizes } = json('inspect', at('bundle'), '--json');
    const all = Object.values(sizes).reduce((sum, { bytes }) => sum + bytes, 0);
    for (const stage of ['first', 'settled']) {
      const answers = searchAll('--cold', '--stage', stage);
      for (const { bytes } of answers) assert.ok(bytes < all * 0.6, `${bytes} of ${all} bytes`);
    }
    assert.ok(searchAll('--path', 'exact').every(({ hits }) => hits.length === 10));
    assert.ok(recallOf(searchAll('--path', 'exact')) >= 0.98);
  });

  test('records, facets and filters are those of the file', () => {
    const [{ hits }] = searchAll('--filter', 'colour = red', '--filter', 'height_m >= 100');
    assert.equal(hits.length, 10);
    for (const hit of hits) {
      const row = Number(hit.image_id.slice(4));
      assert.ok(row % 3 === 0 && row >= 100, hit.image_id);
      assert.equal(hit.path, `images/${row}.jpg`);
      assert.deepEqual(hit.view.box_xyxy_px, [0, 0, 640, 480]);
    }
  });

  test('a filter opens cells by what they hold and fetches no whole columns', () => {
    const plain = searchAll('--cold', '--stage', 'first');
    const bytes = (answers) => answers.reduce((sum, answer) => sum + answer.bytes, 0);
    const cases = [
      ['band = tenth', (row) => row % 10 === 3],
      ['mark = rare', (row) => row % 400 === 7],
      ['height_m >= 3990', (row) => row >= 3990],
    ];
    for (const [filter, holds] of cases) {
      const answers = searchAll('--cold', '--filter', filter);
      assert.ok(answers.every((answer) => answer.round_trips <= 3));
      let found = 0;
      let expected = 0;
      for (const { query, hits } of answers) {
        const vector = queries.subarray(query * dim, (query + 1) * dim);
        const ids = hits.map((hit) => Number(hit.image_id.slice(4)));
        assert.ok(ids.every(holds), filter);
        const nearest = nearestRows(base, dim, vector, rows).filter(holds).slice(0, 10);
        expected += nearest.length;
        found += nearest.filter((row) => ids.includes(row)).length;
      }
      assert.ok(found >= 0.9 * expected, `${filter}: recall ${found / expected}`);
      const first = searchAll('--cold', '--stage', 'first', '--filter', filter);
      const most = filter.startsWith('height') ? Infinity : 2 * bytes(plain);
      assert.ok(bytes(first) <= most, `${filter}: ${bytes(first)} of ${bytes(plain)}`);
      const exact = searchAll('--filter', filter, '--path', 'exact');
      const all = ['--probe-cells', '100000', '--refine-rows', `${rows}`];
      assert.deepEqual(searchAll('--filter', filter, ...all), exact, filter);
    }
  });

  test('the graph finds the nearest rows, and is left out where it is not wanted', () => {
    const { sizes } = json('inspect', at('bundle'), '--json');
    assert.equal(sizes.graph.objects, 1);
    const byGraph = searchAll('--path', 'hnsw', '--ef-search', '200');
    assert.ok(recallOf(byGraph) >= 0.9, `recall ${recallOf(byGraph)}`);
    const built = build(at('base.npy'), '--graph', 'off', '--out', at('no-graph'));
    assert.equal(built.code, 0, built.stderr);
    const search = ['--vectors', at('queries.npy'), '--path', 'hnsw'];
    const refused = run('search', at('no-graph'), ...search);
    assert.match(refused.stderr, /this bundle has no graph; build it with --graph on/);
  });

  test('an image finds others like it, itself left out', () => {
    const { hits } = json('search', at('bundle'), '--similar', 'row-17', '--k', '5', '--json');
    assert.equal(hits.length, 5);
    assert.ok(hits.every(({ image_id: id }) => id !== 'row-17'));
    assert.equal(Number(hits[0].image_id.slice(4)) % 20, 17);
  });

  test('the same vectors give the same bytes with one thread and with two', () => {
    for (const threads of ['1', '2']) {
      const built = build(
        ...[at('base.npy'), '--queries', at('train.npy'), '--records', at('records.jsonl')],
        ...['--out', at(`threads-${threads}`), '--threads', threads],
      );
      assert.equal(built.code, 0, built.stderr);
    }
    assert.equal(contentOf(at('threads-1')), contentOf(at('threads-2')));
    assert.equal(contentOf(at('threads-1')), contentOf(at('bundle')));
  });

  test('the bundle verifies, and tells its sizes', () => {
    assert.ok(json('verify', at('bundle'), '--json').ok);
    const text = JSON.stringify(json('inspect', at('bundle'), '--json'));
    for (const kind of ['cell', 'piece']) assert.match(text, new RegExp(`"${kind}"`));
  });

  test('half precision and vectors of any length are taken', () => {
    const halves = new Uint16Array(rows * dim).map((_, i) => (base[i] > 0 ? 0x3c00 : 0xbc00));
    writeNpy(at('half.npy'), halves, [rows, dim], { descr: '<f2' });
    const built = build(at('half.npy'), '--out', at('half'));
    assert.equal(built.code, 0, built.stderr);
  });

  test('few rows, few dimensions and few queries make a bundle too', () => {
    for (const [count, size, asked] of [
      [1, 3, 0],
      [7, 1, 2],
      [60, 8, 3],
    ]) {
      const name = `small-${count}`;
      writeNpy(at(`${name}.npy`), clusteredVectors({ rows: count, dim: size }), [count, size]);
      writeNpy(at('few.npy'), clusteredVectors({ rows: 3, dim: size, seed: 4 }), [3, size]);
      const queries = asked > 0 ? ['--queries', at('few.npy')] : [];
      const built = build(at(`${name}.npy`), ...queries, '--out', at(name));
      assert.equal(built.code, 0, built.stderr);
      const search = ['search', at(name), '--vectors', at('few.npy'), '--k', '5'];
      for (const { hits } of lines(output(...search))) {
        assert.equal(hits.length, Math.min(5, count));
      }
    }
  });

  test('what is no such file is refused in one line, and nothing is written', () => {
    const zero = base.slice();
    zero.fill(0, 5 * dim, 6 * dim);
    const nan = base.slice();
    nan[7 * dim + 3] = NaN;
    const bad = {
      zero: [() => writeNpy(at('zero.npy'), zero, [rows, dim]), /row 5 holds only zeros/],
      nan: [() => writeNpy(at('nan.npy'), nan, [rows, dim]), /row 7 holds NaN or infinity/],
      short: [() => writeNpy(at('short.npy'), base, [rows + 1, dim]), /bytes of data/],
      object: [
        () => writeNpy(at('object.npy'), base, [rows, dim], { descr: '|O' }),
        /values are of type '\|O'/,
      ],
      fortran: [
        () => writeNpy(at('fortran.npy'), base, [rows, dim], { order: 'True' }),
        /order is Fortran's/,
      ],
      flat: [() => writeNpy(at('flat.npy'), base, [`${rows * dim},`]), /shape is/],
      text: [() => writeFileSync(at('text.npy'), 'not numpy'), /does not begin as a NumPy file/],
    };
    for (const [name, [write, message]] of Object.entries(bad)) {
      write();
      const { code, stderr } = build(at(`${name}.npy`), '--out', at(`from-${name}`));
      assert.equal(code, 2, name);
      assert.match(stderr, message);
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
      assert.ok(!existsSync(at(`from-${name}`)), `${name}: nothing is written`);
    }
  });

  test('queries and records that do not fit are refused by name', () => {
    writeNpy(at('narrow.npy'), queries.subarray(0, 320), [10, 32]);
    const narrow = build(at('base.npy'), '--queries', at('narrow.npy'), '--out', at('no'));
    assert.match(narrow.stderr, /queries of 32 dimensions for vectors of 64/);
    const asked = run('search', at('bundle'), '--vectors', at('narrow.npy'));
    assert.match(asked.stderr, /queries of 32 dimensions, the bundle holds vectors of 64/);
    const good = readFileSync(at('records.jsonl'), 'utf8').split('\n');
    const cases = [
      [good.slice(1), /3999 records for 4000 rows/],
      [[...good, good[0]], /more than the 4000 rows/],
      [[good[0], good[0], ...good.slice(2)], /image_id 'row-0' was there before/],
      [['[1]', ...good.slice(1)], /line 1: expected one JSON object/],
    ];
    for (const [records, message] of cases) {
      writeFileSync(at('bad.jsonl'), records.join('\n'));
      const { code, stderr } = build(
        ...[at('base.npy'), '--records', at('bad.jsonl'), '--out', at('no')],
      );
      assert.equal(code, 2);
      assert.match(stderr, message);
    }
    assert.ok(!existsSync(at('no')));
  });
});
