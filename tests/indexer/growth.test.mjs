// `sightline build FOLDER` upon a bundle: what is in it keeps its place and its bytes.
import assert from 'node:assert/strict';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { before, beforeEach, describe, it } from 'node:test';
import {
  findFirstAnswer,
  objectName,
  openBundle,
  parsePhraseDirectory,
} from '../format/read_bundle.mjs';
import { decodeRow, searchBundle } from '../format/search_bundle.mjs';
import {
  copyImages,
  filesBelow,
  json,
  missing,
  models,
  output,
  renderDrives,
  run,
  search,
  temporaryFolder,
} from '../support/program.mjs';

const [imageCount, spareCount] = [200, 10];

describe('a build upon a bundle of images', { skip: missing }, () => {
  const work = temporaryFolder();
  const at = (...parts) => join(work, ...parts);
  const photos = at('photos');
  const bundle = at('bundle');
  let frames;

  const build = (...args) => {
    const { code, stderr } = run(
      ...['build', photos, '--out', bundle, '--bundle-only', '--publish-models', 'none'],
      ...['--catalog', at('catalog/catalog.sqlite'), ...models, '--progress', 'plain', ...args],
    );
    assert.equal(code, 0, stderr);
    return stderr;
  };
  const inspect = () => json('inspect', bundle, '--json');
  const bytesOf = (paths) => paths.reduce((sum, path) => sum + statSync(path).size, 0);
  // Bytes that a build wrote, of those of the bundle.
  const shareOfNew = (act) => {
    const known = new Set(filesBelow(bundle));
    act();
    const fresh = bytesOf(filesBelow(bundle).filter((path) => !known.has(path)));
    const total = Object.values(inspect().sizes).reduce((sum, { bytes }) => sum + bytes, 0);
    return fresh / total;
  };
  const damage = (ref) => {
    const path = join(bundle, objectName(ref));
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
  };
  const addFrame = (name, place) => copyFileSync(frames[imageCount + place], join(photos, name));
  const idOf = (name) => `photos/${name}.jpg`;
  const allIds = () => {
    assert.ok(json('verify', bundle, '--json').ok);
    const hits = search(bundle, 'a red car', '--k', '1000');
    assert.equal(hits.length, inspect().image_count);
    return hits.map((hit) => hit.image_id).sort();
  };
  const photoIds = () => filesBelow(photos).map((path) => `photos/${basename(path)}`);
  // What the program finds near an image is what a reader of the format alone finds.
  const agreesWithFormat = (name) => {
    const read = openBundle(bundle);
    const { removed } = read.deltas ?? { removed: new Set() };
    const image = read.records.findIndex(
      ({ imageId }, i) => imageId === idOf(name) && !removed.has(i),
    );
    const [index] = read.indexes;
    const row = index.views.findIndex((view) => view.image === image && view.kind === 0);
    const found = searchBundle(read, decodeRow(index, row), {
      kind: 'image',
      k: 12,
      excluded: image,
    });
    assert.deepEqual(
      found.map((hit) => read.records[hit.image].imageId),
      json(
        'search',
        bundle,
        '--similar',
        idOf(name),
        '--k',
        '12',
        '--path',
        'exact',
        '--json',
      ).hits.map((hit) => hit.image_id),
    );
  };

  before(() => {
    frames = renderDrives(at('drives'), { seed: 11, count: imageCount + spareCount, drives: 10 });
    copyImages(frames.slice(0, imageCount), photos);
    build();
    cpSync(bundle, at('first'), { recursive: true });
    cpSync(photos, at('all'), { recursive: true, preserveTimestamps: true });
  });
  const startOver = () => {
    for (const [folder, from] of [
      [bundle, 'first'],
      [photos, 'all'],
    ]) {
      rmSync(folder, { recursive: true });
      cpSync(at(from), folder, { recursive: true, preserveTimestamps: true });
    }
  };
  beforeEach(startOver);

  it('writes at most three hundredths for one hundredth of new images, wherever they belong', () => {
    for (const names of [
      ['9998', '9999'],
      ['0000b', '0100b'],
    ]) {
      const share = shareOfNew(() => {
        names.forEach((name, i) => addFrame(`${name}.jpg`, i));
        build();
      });
      assert.ok(share <= 0.03, `${names}: ${share}`);
      assert.deepEqual(allIds(), photoIds());
      agreesWithFormat(names[0]);
    }
    // Rows behind the graph are found by it too.
    const hits = (path) => search(bundle, 'a bus at night', '--k', '15', '--path', path);
    assert.deepEqual(hits('hnsw').slice(0, 3), hits('exact').slice(0, 3));
  });

  it('forgets images that are gone and takes those that changed for new ones', () => {
    rmSync(join(photos, '0007.jpg'));
    addFrame('0100.jpg', 3);
    const share = shareOfNew(build);
    assert.ok(share <= 0.03, `${share}`);
    assert.deepEqual(allIds(), photoIds());
    assert.equal(inspect().indexes[0].deltas.removed_rows, 2);
    assert.equal(run('search', bundle, '--similar', idOf('0007')).code, 1);
    agreesWithFormat('0100');
    const listed = search(bundle, 'a car', '--k', '1000', '--filter', 'width_px >= 1');
    assert.equal(listed.length, imageCount - 1);
    output('export', bundle, '--out', at('export'));
    const lines = readFileSync(at('export/metadata.jsonl'), 'utf8').trimEnd().split('\n');
    assert.deepEqual(lines.map((line) => JSON.parse(line).image_id).sort(), photoIds());

    renameSync(join(photos, '0008.jpg'), join(photos, '0007.jpg'));
    build();
    assert.deepEqual(allIds(), photoIds());
  });

  it('names no dataset whose images are gone, and names it again when some come', () => {
    const guests = at('guests');
    const bring = (place) => {
      mkdirSync(guests, { recursive: true });
      copyFileSync(frames[imageCount + place], join(guests, `${place}.jpg`));
    };
    const named = () => inspect().datasets.map(({ slug }) => slug);
    const shown = () => search(bundle, 'a car', '--k', '1000').map((hit) => hit.dataset);
    bring(0);
    build(guests);
    assert.deepEqual(named(), ['photos', 'guests']);
    assert.equal(shown().filter((slug) => slug === 'guests').length, 1);

    build();
    assert.deepEqual(named(), ['photos']);
    assert.deepEqual(new Set(shown()), new Set(['photos']));
    // Records that stay tell their dataset by its position.
    assert.deepEqual(
      openBundle(bundle).datasets.map(({ slug }) => slug),
      ['photos', ''],
    );

    bring(1);
    build(guests);
    assert.deepEqual(named(), ['photos', 'guests']);
    assert.equal(shown().filter((slug) => slug === 'guests').length, 2);
    assert.equal(shown().length, imageCount + 2);
    assert.deepEqual(search(bundle, 'a car', '--filter', 'dataset = guests').length, 2);
    rmSync(guests, { recursive: true });
  });

  it('gives the same bytes for the same builds, and nothing where nothing changed', () => {
    const steps = [
      () => addFrame('new.jpg', 5),
      () => rmSync(join(photos, '0020.jpg')),
      () => addFrame('newer.jpg', 6),
    ];
    const manifests = ['1', '2'].map((threads) => {
      startOver();
      return steps.map((step) => {
        step();
        build('--threads', threads);
        return readFileSync(join(bundle, 'manifest.json'), 'utf8');
      });
    });
    assert.deepEqual(manifests[0], manifests[1]);
    for (const path of filesBelow(at('catalog'))) if (path.endsWith('.stamp')) rmSync(path);
    assert.equal(
      shareOfNew(() => build()),
      0,
    );
  });

  it('builds all again where asked to, and by itself where much has changed', () => {
    addFrame('new.jpg', 5);
    rmSync(join(photos, '0020.jpg'));
    build();
    const upon = readFileSync(join(bundle, 'manifest.json'), 'utf8');
    build('--full');
    const full = readFileSync(join(bundle, 'manifest.json'), 'utf8');
    assert.notEqual(upon, full);
    assert.equal(inspect().indexes[0].deltas, undefined);
    assert.deepEqual(allIds(), photoIds());

    for (const path of filesBelow(photos).slice(0, 60)) rmSync(path);
    frames.slice(0, 60).forEach((frame, i) => copyFileSync(frame, join(photos, `other-${i}.jpg`)));
    assert.match(build(), /building in full, not upon .*: much has changed/);
    const again = readFileSync(join(bundle, 'manifest.json'), 'utf8');
    build('--full');
    assert.equal(readFileSync(join(bundle, 'manifest.json'), 'utf8'), again);
  });

  it('answers the phrases of now, also those that came without an image', () => {
    const phrase = 'a van beside two red cones';
    const answers = () => {
      const read = openBundle(bundle);
      return [phrase, ...read.suggestions].map((text) => [text, findFirstAnswer(read, text)]);
    };
    assert.equal(answers()[0][1], null);
    writeFileSync(at('phrases.txt'), phrase);
    build('--phrases', at('phrases.txt'));
    const upon = answers();
    assert.ok(upon[0][1].length > 0);
    build('--phrases', at('phrases.txt'), '--full');
    assert.deepEqual(upon, answers());
    build();
    assert.equal(answers()[0][1], null);
  });

  it('offers nothing of what is gone', () => {
    const name = 'night bus rain';
    const offered = () => {
      const read = openBundle(bundle);
      const { values } = read.columns.find((column) => column.name === 'sequence');
      return [values.includes(name), findFirstAnswer(read, name) !== null];
    };
    mkdirSync(join(photos, name));
    addFrame(`${name}/0.jpg`, 0);
    build();
    assert.deepEqual(offered(), [true, true]);
    const { records } = openBundle(bundle);
    damage(records.find(({ sequence }) => sequence === name).thumbnail.ref);
    rmSync(join(photos, name), { recursive: true });
    build();
    assert.deepEqual(offered(), [false, false]);
    assert.deepEqual(allIds(), photoIds());
    assert.equal(inspect().indexes[0].deltas.removed_rows, 1);
  });

  it('replaces what was damaged and kept its size', () => {
    const read = openBundle(bundle);
    const [directory] = read.phraseBank.answers;
    const [page] = parsePhraseDirectory(read.readPayload([directory.ref]));
    damage(page.ref);
    damage(read.records[3].thumbnail.ref);
    assert.equal(run('verify', bundle).code, 4);
    addFrame('new.jpg', 0);
    build();
    assert.deepEqual(allIds(), photoIds());
  });
});
