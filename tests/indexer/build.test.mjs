import assert from 'node:assert/strict';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  contentOf,
  copyImages,
  embeddedCount,
  errorsBeside,
  filesBelow,
  json,
  missing,
  models,
  output,
  quiet,
  renderDrives,
  run,
  search,
  serve,
  shared,
  temporaryFolder,
} from '../support/program.mjs';

const kitti = join(shared, 'assets/kitti_raw/2011_09_26/2011_09_26_drive_unknown_sync');

describe('sightline build', { skip: missing }, () => {
  const work = temporaryFolder();
  const at = (...parts) => join(work, ...parts);
  const drives = at('drives');
  const site = at('site');
  const catalog = at('catalog/catalog.sqlite');
  // So low that also a weak detector gives every kind of row something to hold.
  const options = [...models, '--confidence', '0.1', '--title', 'Two drives'];
  const buildSite = (...args) =>
    run('build', drives, '--out', site, '--catalog', catalog, ...options, ...args);
  let frames, records;

  // A build of its own: a bundle at `${name}` and a catalog beside it.
  const buildBundle = (name, source, ...args) =>
    run(
      ...['build', source, '--out', at(name), '--bundle-only'],
      ...['--catalog', at(`${name}-catalog/catalog.sqlite`), ...models, '--progress', 'plain'],
      ...args,
    );

  before(() => {
    frames = renderDrives(drives, { seed: 7, count: 24, drives: 2 });
    const built = buildSite();
    assert.equal(built.code, 0, built.stderr);
    assert.equal(built.stdout, '');
    output('export', site, '--out', at('export'));
    records = readFileSync(at('export/metadata.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  });

  it('makes a site that verifies and answers', () => {
    const checked = json('verify', site, '--json');
    assert.deepEqual([checked.ok, checked.problems], [true, []]);
    for (const file of ['index.html', 'bundle/manifest.json', 'assets']) {
      assert.ok(existsSync(join(site, file)), file);
    }
    const { query, k, hits } = json('search', site, 'a red car', '--k', '24', '--json');
    assert.deepEqual([query, k, hits.length], ['a red car', 24, 24]);
    assert.equal(new Set(hits.map((hit) => hit.image_id)).size, 24);
    assert.deepEqual(
      hits.map((hit) => hit.similarity),
      hits.map((hit) => hit.similarity).sort((a, b) => b - a),
    );
    for (const hit of hits) {
      assert.ok(hit.similarity >= 0 && hit.similarity <= 1);
      assert.deepEqual([hit.dataset, hit.width_px, hit.height_px], ['drives', 960, 540]);
      const [x0, y0, x1, y1] = hit.view.box_xyxy_px;
      assert.ok(0 <= x0 && x0 < x1 && x1 <= 960 && 0 <= y0 && y0 < y1 && y1 <= 540);
    }
  });

  it('keeps drive, camera, time and place of rendered KITTI drives', () => {
    assert.equal(records.length, 24);
    for (const frame of frames) {
      const name = basename(frame, '.jpg');
      const camera = dirname(dirname(frame));
      const drive = dirname(camera);
      const id = `drives/${basename(drive)}/image_02/${name}`;
      const record = records.find(({ image_id }) => image_id === id);
      assert.ok(record, id);
      assert.deepEqual([record.sequence, record.camera], [basename(drive), 'image_02']);
      assert.equal(join(drives, record.path), frame);
      const stamp = readFileSync(join(camera, 'timestamps.txt'), 'utf8').split('\n')[Number(name)];
      const [seconds, fraction] = stamp.split('.');
      const time = Date.parse(`${seconds.replace(' ', 'T')}Z`) / 1000 + Number(`0.${fraction}`);
      assert.ok(Math.abs(record.timestamp_s - time) < 1e-3, `${record.timestamp_s} ${stamp}`);
      const place = readFileSync(join(drive, 'oxts/data', `${name}.txt`), 'utf8').split(' ');
      assert.ok(Math.abs(record.latitude_deg - Number(place[0])) < 1e-9);
      assert.ok(Math.abs(record.longitude_deg - Number(place[1])) < 1e-9);
    }
  });

  it(
    'reads a recorded KITTI drive without timestamps',
    { skip: existsSync(kitti) ? false : `SKIPPED: no ${basename(kitti)} among the shared assets` },
    () => {
      const data = at('kitti/2011_09_26/2011_09_26_drive_0001_sync/image_02/data');
      mkdirSync(data, { recursive: true });
      for (const file of filesBelow(kitti).slice(0, 6))
        copyFileSync(file, join(data, basename(file)));
      const built = buildBundle('kitti-bundle', at('kitti'));
      assert.equal(built.code, 0, built.stderr);
      const hits = search(at('kitti-bundle'), 'street', '--k', '10');
      assert.deepEqual(
        hits.map((hit) => hit.image_id).sort(),
        [0, 1, 2, 3, 4, 5].map((i) => `kitti/2011_09_26_drive_0001_sync/image_02/000000000${i}`),
      );
      for (const hit of hits) {
        assert.deepEqual(
          [hit.sequence, hit.camera, hit.timestamp_s],
          ['2011_09_26_drive_0001_sync', 'image_02', null],
        );
        assert.deepEqual([hit.width_px, hit.height_px], [1242, 375]);
      }
    },
  );

  it('embeds nothing and writes nothing the second time', () => {
    const stamps = () => filesBelow(site).map((path) => [path, statSync(path).mtimeMs]);
    const first = stamps();
    const again = buildSite('--progress', 'plain');
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /24 images, 0 files written\n$/);
    assert.equal(embeddedCount(again.stderr), 0);
    assert.deepEqual(stamps(), first);
  });

  it('follows images that are removed, added and brought back', () => {
    const photos = at('changing');
    copyImages(frames.slice(0, 5), photos);
    const ids = () =>
      search(at('changing-bundle'), 'street', '--k', '50').map((hit) => hit.image_id);
    assert.equal(embeddedCount(buildBundle('changing-bundle', photos).stderr), 5);

    renameSync(join(photos, '0001.jpg'), at('removed.jpg'));
    copyFileSync(frames[20], join(photos, 'new.jpg'));
    assert.equal(embeddedCount(buildBundle('changing-bundle', photos).stderr), 1);
    assert.deepEqual(
      ids().sort(),
      ['0000', '0002', '0003', '0004', 'new'].map((name) => `changing/${name}.jpg`),
    );

    renameSync(at('removed.jpg'), join(photos, '0001.jpg'));
    assert.equal(embeddedCount(buildBundle('changing-bundle', photos).stderr), 0);
    assert.ok(ids().includes('changing/0001.jpg'));
    assert.ok(json('verify', at('changing-bundle'), '--json').ok);
  });

  it('gives the same bytes whatever the threads, and again from what is stored', () => {
    for (const threads of ['1', '2']) {
      const built = buildBundle(`threads-${threads}`, drives, '--full', '--threads', threads);
      assert.equal(built.code, 0, built.stderr);
      assert.equal(embeddedCount(built.stderr), 24);
    }
    const bytes = contentOf(at('threads-1'));
    assert.equal(contentOf(at('threads-2')), bytes);
    assert.equal(buildBundle('threads-1', drives, '--full').code, 0);
    assert.equal(contentOf(at('threads-1')), bytes);
  });

  it('lists what it cannot read and indexes the rest', () => {
    const photos = at('mixed');
    copyImages(frames.slice(0, 3), photos);
    const jpeg = readFileSync(frames[4]);
    const noise = Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7919) % 251));
    const bad = {
      'cut.jpg': jpeg.subarray(0, 700),
      'empty.jpg': Buffer.alloc(0),
      'html.jpg': Buffer.from('<!doctype html><title>404</title>'),
      'noise.png': noise,
      'signature.png': Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      'start.jpg': Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), noise]),
    };
    // More than one group of images in which nothing can be read.
    for (let i = 0; i < 33; ++i) bad[`a${String(i).padStart(2, '0')}.jpg`] = Buffer.from(`no ${i}`);
    for (const [name, bytes] of Object.entries(bad)) writeFileSync(join(photos, name), bytes);
    writeFileSync(join(photos, 'notes.txt'), 'not an image and not called one');
    mkdirSync(join(photos, 'folder.jpg'));

    const built = buildBundle('mixed-bundle', photos);
    assert.equal(built.code, 3, built.stderr);
    assert.match(built.stderr, /3 images, \d+ files written; 39 left out, see .*errors\.jsonl\n$/);
    const list = () => errorsBeside(at('mixed-bundle-catalog/catalog.sqlite'));
    assert.deepEqual(
      list()
        .map(({ path }) => basename(path))
        .sort(),
      Object.keys(bad).sort(),
    );
    for (const { path, stage, reason } of list()) {
      assert.equal(stage, 'decode', path);
      assert.match(reason, /^[^\n]{10,200}$/);
    }
    const reason = (name) => list().find(({ path }) => basename(path) === name).reason;
    assert.equal(reason('empty.jpg'), 'the image file is empty');
    assert.match(reason('html.jpg'), /not an image in a known format; JPEG, PNG, BMP and GIF/);
    assert.ok(json('verify', at('mixed-bundle'), '--json').ok);
    assert.equal(search(at('mixed-bundle'), 'street').length, 3);

    const again = buildBundle('mixed-bundle', photos);
    assert.equal(again.code, 3);
    assert.match(again.stderr, / 0 files written; 39 left out/);

    for (const name of Object.keys(bad)) rmSync(join(photos, name));
    assert.equal(buildBundle('mixed-bundle', photos).code, 0);
    assert.deepEqual(list(), []);
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
    const without = buildBundle('no-crops', drives, '--crops', 'off');
    assert.equal(without.code, 0, without.stderr);
    assert.deepEqual(
      json('inspect', at('no-crops'), '--json').indexes.map(({ rows }) => rows),
      ['images'],
    );
  });

  it('tells what it holds and how it performs', () => {
    const about = json('inspect', site, '--json');
    assert.deepEqual([about.format, about.title, about.image_count], ['1.0', 'Two drives', 24]);
    assert.ok(about.classes.includes('car'));
    assert.deepEqual([about.indexes[0].M, about.indexes[0].efConstruction], [16, 200]);
    assert.ok(about.indexes[0].row_count >= 24 && about.index_bytes_per_image > 0);
    for (const kind of ['root', 'records', 'codes', 'graph', 'jpg', 'model', 'tokenizer']) {
      assert.ok(about.sizes[kind].objects > 0 && about.sizes[kind].bytes > 0, kind);
    }
    assert.ok(about.quality.recall_at_10 >= 0.95);
    assert.match(output('inspect', site), /^Two drives: 24 images, format 1\.0/);

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

  describe('a damaged bundle', () => {
    const damaged = at('damaged');
    const build = (...args) =>
      run(
        'build',
        drives,
        '--out',
        damaged,
        '--catalog',
        catalog,
        ...options,
        '--progress',
        'none',
        ...args,
      );
    const objectOf = (kind) => filesBelow(damaged).find((path) => path.endsWith(`.${kind}`));
    const isNamed = (path) => {
      const { code, stdout } = run('verify', damaged, '--json');
      assert.equal(code, 4, `${path}: ${stdout}`);
      const { ok, problems } = JSON.parse(stdout);
      assert.equal(ok, false);
      assert.ok(
        problems.some((problem) => problem.includes(basename(path))),
        stdout,
      );
    };
    let whole;

    before(() => {
      cpSync(site, damaged, { recursive: true });
      assert.equal(build().code, 0);
      whole = contentOf(damaged);
    });

    it('is found out by verify and made whole by a build, where an object is missing or short', () => {
      const shorten = (path) => truncateSync(path, statSync(path).size - 1);
      for (const [kind, harm] of [
        ['root', rmSync],
        ['codes', rmSync],
        ['jpg', rmSync],
        ['root', shorten],
        ['records', shorten],
        ['model', shorten],
      ]) {
        const path = objectOf(kind);
        harm(path);
        isNamed(path);
        assert.equal(build().code, 0);
        assert.equal(contentOf(damaged), whole, kind);
      }
    });

    it('is found out by verify and made whole by a full build, where bits are flipped', () => {
      const paths = ['root', 'graph', 'views', 'tokenizer', 'jpg'].map(objectOf);
      for (const path of paths) {
        const bytes = readFileSync(path);
        bytes[bytes.length >> 1] ^= 4;
        writeFileSync(path, bytes);
        if (path === paths[0]) {
          isNamed(path);
          assert.equal(build().code, 0);
        }
      }
      paths.slice(1).forEach(isNamed);
      assert.equal(run('search', damaged, 'car').code, 4);
      assert.match(run('verify', damaged).stdout, /4 problems; 'sightline build --full'/);
      assert.equal(build('--full').code, 0);
      assert.equal(contentOf(damaged), whole);
    });

    it('is not searched when more bytes follow an object', () => {
      const path = objectOf('codes');
      appendFileSync(path, 'more');
      isNamed(path);
      const { code, stderr } = run('search', damaged, 'car');
      assert.equal(code, 4);
      assert.match(stderr, /^sightline: [^\n]+\n$/);
    });
  });

  after(() => rmSync(work, { recursive: true, force: true }));
});
