import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  json,
  missing,
  models,
  output,
  quiet,
  renderDrives,
  run,
  search,
  serve,
  temporaryFolder,
} from '../support/program.mjs';

describe('a bundle answers', { skip: missing }, () => {
  const work = temporaryFolder();
  const at = (...parts) => join(work, ...parts);
  const drives = at('drives');
  const site = at('site');
  // So low that also a weak detector gives every kind of row something to hold.
  const options = [...models, '--confidence', '0.1', '--title', 'Two drives'];
  let records;

  before(() => {
    renderDrives(drives, { seed: 7, count: 24, drives: 2 });
    const built = run(
      ...['build', drives, '--out', site, '--catalog', at('catalog/catalog.sqlite')],
      ...options,
    );
    assert.equal(built.code, 0, built.stderr);
    output('export', site, '--out', at('export'));
    records = readFileSync(at('export/metadata.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  });

  it('a filter keeps what it says, within the search', () => {
    const found = (...filters) =>
      search(site, 'car', '--k', '100', ...filters.flatMap((filter) => ['--filter', filter]))
        .map((hit) => hit.image_id)
        .sort();
    const expected = (holds) =>
      records
        .filter(holds)
        .map((record) => record.image_id)
        .sort();
    const count = (record, name) =>
      record.detections.filter(({ class_name }) => class_name === name).length;
    const drive = records[0].sequence;
    const time = records[15].timestamp_s;
    const seen = records.flatMap((record) => record.detections)[0].class_name;
    assert.deepEqual(
      found(`sequence = ${drive}`),
      expected((r) => r.sequence === drive),
    );
    assert.deepEqual(
      found(`sequence != ${drive}`),
      expected((r) => r.sequence !== drive),
    );
    assert.deepEqual(
      found(`timestamp_s >= ${time}`),
      expected((r) => r.timestamp_s >= time),
    );
    assert.deepEqual(
      found('camera in image_02,image_03'),
      expected(() => true),
    );
    assert.deepEqual(found('camera = image_03'), []);
    assert.deepEqual(
      found(`class in ${seen}`),
      expected((r) => count(r, seen) > 0),
    );
    assert.deepEqual(
      found(`class.${seen} >= 2`),
      expected((r) => count(r, seen) >= 2),
    );
    assert.deepEqual(
      found(`sequence = ${drive}`, `timestamp_s <= ${time}`, `class in ${seen}`),
      expected((r) => r.sequence === drive && r.timestamp_s <= time && count(r, seen) > 0),
    );
  });

  it('an image of the bundle finds others, an image file finds itself', () => {
    const id = records[9].image_id;
    const similar = search(site, '--similar', id, '--k', '23');
    assert.equal(similar.length, 23);
    assert.ok(!similar.some((hit) => hit.image_id === id));
    assert.equal(similar[0].sequence, records[9].sequence);
    const [best] = search(site, '--image', join(drives, records[9].path), '--k', '1');
    assert.equal(best.image_id, id);
    assert.ok(best.similarity > 0.99, `${best.similarity}`);
  });

  it('the graph finds what the exact search finds', () => {
    for (const query of [['a dog'], ['rain at night'], ['--similar', records[3].image_id]]) {
      const [exact, hnsw] = ['exact', 'hnsw'].map((path) => search(site, ...query, '--path', path));
      assert.deepEqual(hnsw, exact);
    }
  });

  it('an address answers as the folder does', async () => {
    const { address, stop } = await serve(site);
    try {
      for (const query of [
        ['white van in snow', '--k', '7'],
        ['bus', '--filter', `sequence = ${records[0].sequence}`],
        ['--similar', records[5].image_id, '--path', 'exact'],
      ]) {
        assert.deepEqual(search(address, ...query), search(site, ...query));
      }
      assert.ok(json('verify', address, '--json').ok);
      assert.deepEqual(
        json('inspect', `${address}bundle/`, '--json'),
        json('inspect', site, '--json'),
      );
    } finally {
      await stop();
    }
  });

  it('exports unit rows and records that agree with the answers', () => {
    const npy = readFileSync(at('export/embeddings.npy'));
    assert.equal(npy.subarray(0, 8).toString('latin1'), '\x93NUMPY\x01\x00');
    const start = 10 + npy.readUInt16LE(8);
    const dim = json('inspect', site, '--json').model.embedding_dim;
    const header = npy.subarray(10, start).toString('latin1').trim();
    assert.equal(header, `{'descr': '<f4', 'fortran_order': False, 'shape': (24, ${dim}), }`);
    assert.equal(start % 64, 0);
    assert.equal(npy.length, start + 24 * dim * 4);
    const rows = records.map((_, row) =>
      Array.from({ length: dim }, (_, i) => npy.readFloatLE(start + (row * dim + i) * 4)),
    );
    const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    for (const row of rows) assert.ok(Math.abs(dot(row, row) - 1) < 1e-4);

    const hits = search(site, '--similar', records[0].image_id, '--k', '24', '--path', 'exact');
    assert.equal(hits.length, 23);
    for (const { similarity, view, ...hit } of hits) {
      const at = records.findIndex((record) => record.image_id === hit.image_id);
      assert.deepEqual(hit, records[at]);
      // The best of the image's views, of which the exported row is one.
      const own = dot(rows[0], rows[at]);
      if (view.kind === 'whole')
        assert.ok(Math.abs(similarity - own) < 0.02, `${own} ${similarity}`);
      else if (view.kind === 'tile') assert.ok(similarity > own - 0.02, `${own} ${similarity}`);
    }
  });

  it('a hit on a detected object names its box', () => {
    const crops = json('inspect', site, '--json').indexes.find(({ rows }) => rows === 'crops');
    assert.ok(crops?.row_count > 0, 'nothing was detected');
    const hits = ['car', 'truck', 'bus', 'pedestrian', 'traffic light', 'dog', 'cone', 'van']
      .flatMap((text) => search(site, `a ${text}`, '--k', '24'))
      .filter((hit) => hit.view.kind === 'crop');
    assert.ok(hits.length > 0, 'no crop among the hits');
    for (const { view, detections } of hits) {
      const [x0, y0, x1, y1] = view.box_xyxy_px;
      const inside = detections.some(({ box_xyxy_px: box }) => {
        const [x, y] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
        return x0 <= x && x <= x1 && y0 <= y && y <= y1;
      });
      assert.ok(inside, `${view.box_xyxy_px} holds no detection`);
    }
    const without = run(
      ...['build', drives, '--out', at('no-crops'), '--bundle-only', '--crops', 'off'],
      ...['--catalog', at('no-crops-catalog/catalog.sqlite'), ...quiet],
    );
    assert.equal(without.code, 0, without.stderr);
    assert.deepEqual(
      json('inspect', at('no-crops'), '--json').indexes.map(({ rows }) => rows),
      ['images'],
    );
  });

  it('tells what it holds and how it performs', () => {
    const about = json('inspect', site, '--json');
    assert.deepEqual([about.format, about.title, about.image_count], ['1.1', 'Two drives', 24]);
    assert.ok(about.classes.includes('car'));
    assert.deepEqual([about.indexes[0].M, about.indexes[0].efConstruction], [16, 200]);
    assert.ok(about.indexes[0].row_count >= 24 && about.index_bytes_per_image > 0);
    for (const kind of [
      'root',
      'records',
      'codes',
      'graph',
      'webp',
      'model',
      'tokenizer',
      'phrases',
      'suggest',
    ]) {
      assert.ok(about.sizes[kind].objects > 0 && about.sizes[kind].bytes > 0, kind);
    }
    assert.ok(about.quality.recall_at_10 >= 0.95);
    assert.match(output('inspect', site), /^Two drives: 24 images, format 1\.1/);

    writeFileSync(at('queries.txt'), 'a red car\na bus at night\n\na dog\n');
    const report = at('report.json');
    const args = ['--queries', at('queries.txt'), '--ef-search', '10', '50', '--measure-build'];
    assert.equal(output('bench', site, ...args, '--output', report), '');
    const bench = JSON.parse(readFileSync(report, 'utf8'));
    assert.deepEqual([bench.image_count, bench.query_count, bench.threads], [24, 3, 1]);
    assert.deepEqual(
      bench.hnsw.map(({ efSearch }) => efSearch),
      [10, 50],
    );
    for (const run of bench.hnsw) {
      assert.ok(run.recall_at_10 > 0.8 && run.recall_at_10 <= 1 && run.speed_up_over_exact > 0);
      const { average_ms, p50_ms, p95_ms, p99_ms } = run.times;
      assert.ok(average_ms > 0 && 0 < p50_ms && p50_ms <= p95_ms && p95_ms <= p99_ms);
    }
    assert.equal(bench.builds.length, about.indexes.length);
  });

  after(() => rmSync(work, { recursive: true, force: true }));
});
