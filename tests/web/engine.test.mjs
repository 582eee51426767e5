// The npm package in Node, on the demo bundle, against the native program.
import assert from 'node:assert/strict';
import { mkdtempSync, cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bundle, loadPackage, missing, runJson } from './demo_site.mjs';

describe('engine in Node', { skip: missing }, () => {
  let sightline;
  let engine;
  let info;

  before(async () => {
    sightline = await loadPackage();
    engine = await sightline.open(new sightline.FileSource(bundle));
    [info] = engine.bundles;
  });
  after(() => engine?.close());

  const ids = ({ hits }) => hits.map(({ imageId }) => imageId);
  const nativeIds = (...args) =>
    runJson('search', bundle, ...args, '--json').hits.map((hit) => hit.image_id);

  test('an example query finds what the program finds, with the same similarities', async () => {
    const [example] = info.examples;
    assert.ok(example, 'the demo bundle has example queries');
    const result = await engine.search({ text: example, k: 20 });
    const native = runJson('search', bundle, example, '--k', '20', '--json').hits;
    assert.deepEqual(
      ids(result),
      native.map((hit) => hit.image_id),
    );
    result.hits.forEach(({ similarity }, index) =>
      assert.ok(Math.abs(similarity - native[index].similarity) < 2e-4),
    );
  });

  test('typed text finds what the program finds', async (t) => {
    if (info.encoderBytes.text === 0) return t.skip('SKIPPED: the bundle carries no text model');
    for (const text of [
      ...['a red car in the rain', 'snow', '  Busses   AT night!', 'ein Auto 🚗'],
      'a dog, a cone and a red van',
    ]) {
      assert.deepEqual(ids(await engine.search({ text, k: 10 })), nativeIds(text, '--k', '10'));
    }
  });

  test('images like another one leave it out and agree with the program', async () => {
    const [first] = ids(await engine.search({ text: info.examples[0] }));
    const similar = ids(await engine.similar(first, { k: 10 }));
    assert.equal(similar.length, Math.min(10, info.imageCount - 1));
    assert.ok(!similar.includes(first));
    assert.deepEqual(
      similar,
      nativeIds('--similar', first, '--k', '11')
        .filter((id) => id !== first)
        .slice(0, 10),
    );
  });

  test('a value with a comma filters as one value', async () => {
    const [first] = await engine.facets();
    const { value, count } = first.values[0];
    const filter = [{ field: first.field, op: 'in', values: [`${value},none`, value] }];
    assert.equal((await engine.search({ k: 1, filter })).eligibleCount, count);
    const found = await engine.search({ text: info.examples[0], k: count + 1, filter });
    assert.equal(found.hits.length, count);
    const none = [{ field: first.field, op: 'in', values: [`${value},none`] }];
    assert.deepEqual((await engine.search({ text: info.examples[0], filter: none })).hits, []);
  });

  test('every facet value filters to as many images as it counts', async () => {
    for (const facet of await engine.facets()) {
      if (facet.type === 'number') continue;
      for (const { value, count } of facet.values.slice(0, 5)) {
        if (value === '' || value.includes(',')) continue;
        const filter = [{ field: facet.field, op: '=', values: [value] }];
        const { eligibleCount, hits } = await engine.search({
          text: info.examples[0],
          k: 1000,
          filter,
        });
        assert.equal(eligibleCount, count, `${facet.field} = ${value}`);
        assert.equal(hits.length, Math.min(1000, count), `${facet.field} = ${value}`);
      }
    }
  });

  test('without a query, images are listed', async () => {
    const { hits } = await engine.search({ k: 7 });
    assert.equal(hits.length, 7);
    assert.equal(new Set(hits.map(({ imageId }) => imageId)).size, 7);
    assert.equal(hits[0].similarity, null);
  });

  test('results that are iterated only grow and end with the complete one', async () => {
    let last = [];
    let complete = false;
    for await (const result of engine.search({ text: info.examples[0], k: 50 })) {
      assert.deepEqual(ids(result).slice(0, last.length), last);
      last = ids(result);
      complete = result.complete;
    }
    assert.ok(complete);
  });

  test('a thumbnail is the WebP file of its hit', async () => {
    const { hits } = await engine.search({ text: info.examples[0], k: 3 });
    for (const { thumbnail } of hits) {
      const blob = await engine.thumbnail(thumbnail);
      const bytes = new Uint8Array(await blob.arrayBuffer());
      assert.equal(bytes.length, thumbnail.bytes);
      assert.equal(blob.type, 'image/webp');
      assert.equal(String.fromCharCode(...bytes.subarray(8, 12)), 'WEBP');
    }
  });

  test('an image is found by its id, an unknown id is null', async () => {
    const [first] = ids(await engine.search({ k: 1 }));
    const [found, none] = await engine.get([first, 'no such image']);
    assert.equal(found.imageId, first);
    assert.equal(none, null);
  });

  test('a sequence holds the image, in order of time', async () => {
    const { hits } = await engine.search({ k: 5 });
    for (const { imageId, sequence } of hits) {
      const images = await engine.sequence(imageId, { before: 3, after: 3 });
      assert.ok(images.some((image) => image.imageId === imageId));
      assert.ok(images.every((image) => image.sequence === sequence));
      const times = images.map(({ timestampS }) => timestampS ?? 0);
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
    }
  });

  test('an aborted search rejects with the reason of its signal', async () => {
    const reason = new Error('enough');
    await assert.rejects(
      engine.search({ text: info.examples[0], signal: AbortSignal.abort(reason) }),
      reason,
    );
    const controller = new AbortController();
    const run = engine.search({ text: 'something new to encode', signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(run, reason);
  });

  test('wrong arguments are told apart by code', async () => {
    const rejects = (query, code) =>
      assert.rejects(engine.search(query), (error) => {
        assert.ok(error instanceof sightline.SightlineError);
        assert.equal(error.code, code);
        assert.ok(error.message.length > 10);
        return true;
      });
    await rejects({ k: 0 }, 'invalid_argument');
    await rejects({ vector: new Float32Array(3) }, 'invalid_argument');
    await rejects({ imageId: 'no such image' }, 'not_found');
    await rejects({ text: info.examples[0], filter: ['nothing = 1'] }, 'invalid_argument');
    await rejects({ text: info.examples[0], filter: ['nonsense'] }, 'invalid_argument');
  });

  test('a closed engine says so', async () => {
    const other = await sightline.open(new sightline.FileSource(bundle));
    other.close();
    await assert.rejects(other.search({ k: 1 }), { code: 'closed' });
  });

  describe('with damaged bundles', () => {
    let folder;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'sightline-'));
      for (const name of ['flipped', 'cut', 'gone', 'newer', 'nonsense']) {
        cpSync(bundle, join(folder, name), {
          recursive: true,
          filter: (path) => !path.endsWith('.webp') && !path.endsWith('.model'),
        });
      }
      const objects = readdirSync(bundle, { recursive: true }).filter((name) =>
        name.endsWith('.codes'),
      );
      const codes = (name) => join(folder, name, objects[0]);
      const flipped = readFileSync(codes('flipped'));
      flipped[flipped.length >> 1] ^= 1;
      writeFileSync(codes('flipped'), flipped);
      writeFileSync(codes('cut'), flipped.subarray(0, flipped.length >> 1));
      rmSync(codes('gone'));
      const manifest = JSON.parse(readFileSync(join(bundle, 'manifest.json'), 'utf8'));
      writeFileSync(join(folder, 'newer/manifest.json'), JSON.stringify({ ...manifest, major: 2 }));
      writeFileSync(join(folder, 'nonsense/manifest.json'), '<!doctype html>');
    });
    after(() => rmSync(folder, { recursive: true }));

    for (const [name, code] of [
      ['flipped', 'corrupt'],
      ['cut', 'corrupt'],
      ['gone', 'not_found'],
      ['newer', 'unsupported'],
      ['nonsense', 'corrupt'],
    ]) {
      test(`${name}: refused as ${code}, never answered`, async () => {
        const source = new sightline.FileSource(join(folder, name));
        const search = async () => {
          const damaged = await sightline.open(source);
          return damaged.search({ text: damaged.bundles[0].examples[0] });
        };
        await assert.rejects(search(), (error) => error.code === code && error.message.length > 20);
      });
    }
  });
});
