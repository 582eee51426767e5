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
  renderDrives,
  run,
  search,
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
      'twin-of-cut.jpg': jpeg.subarray(0, 700),
      'start.jpg': Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), noise]),
    };
    // More than one group of images in which nothing can be read.
    for (let i = 0; i < 33; ++i) bad[`a${String(i).padStart(2, '0')}.jpg`] = Buffer.from(`no ${i}`);
    for (const [name, bytes] of Object.entries(bad)) writeFileSync(join(photos, name), bytes);
    writeFileSync(join(photos, 'notes.txt'), 'not an image and not called one');
    mkdirSync(join(photos, 'folder.jpg'));

    const built = buildBundle('mixed-bundle', photos);
    assert.equal(built.code, 3, built.stderr);
    assert.match(built.stderr, /3 images, \d+ files written; 40 left out, see .*errors\.jsonl\n$/);
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
    assert.match(again.stderr, / 0 files written; 40 left out/);

    for (const name of Object.keys(bad)) rmSync(join(photos, name));
    assert.equal(buildBundle('mixed-bundle', photos).code, 0);
    assert.deepEqual(list(), []);
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
        ['webp', rmSync],
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
      const paths = ['root', 'graph', 'views', 'tokenizer', 'webp'].map(objectOf);
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
