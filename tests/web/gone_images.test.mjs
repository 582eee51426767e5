// A bundle of images that was built upon after some had gone: visitors are offered nothing of them.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { objectName, openBundle } from '../format/read_bundle.mjs';
import { copyImages, models, renderDrives, run, temporaryFolder } from '../support/program.mjs';
import { FakeCaches } from './fake_caches.mjs';
import { loadPackage, missing, serve } from './demo_site.mjs';

describe('a bundle of which images are gone', { skip: missing }, () => {
  const work = temporaryFolder();
  const at = (...parts) => join(work, ...parts);
  let host;
  let engine;

  const build = (...sources) => {
    const { code, stderr } = run(
      ...['build', ...sources, '--out', at('bundle'), '--bundle-only', '--progress', 'none'],
      ...['--catalog', at('catalog/catalog.sqlite'), ...models],
      ...['--publish-models', 'none', '--bank-phrases', '100'],
    );
    assert.equal(code, 0, stderr);
  };

  before(async () => {
    const frames = renderDrives(at('drives'), { seed: 5, count: 24, drives: 2 });
    copyImages(frames.slice(0, 22), at('photos'));
    copyImages(frames.slice(22), at('gone'));
    build(at('photos'), at('gone'));
    build(at('photos'));
    globalThis.caches = new FakeCaches();
    host = await serve(work);
    const sightline = await loadPackage();
    engine = await sightline.open(new URL('bundle/', host.address), { prefetch: false });
  });
  after(async () => {
    engine?.close();
    await host?.stop();
    delete globalThis.caches;
  });

  test('names no dataset of theirs', () => {
    const [{ datasets }] = engine.bundles;
    assert.deepEqual(
      datasets.map(({ slug }) => slug),
      ['photos'],
    );
  });

  test('has no facet value of theirs', async () => {
    const facets = await engine.facets();
    for (const { field, values } of facets.filter(({ type }) => type === 'category')) {
      assert.ok(values.length > 0, field);
      assert.ok(
        values.every(({ count }) => count > 0),
        `${field}: ${JSON.stringify(values)}`,
      );
    }
  });

  test('is kept for a time without network, but for their thumbnails', async () => {
    const { deltas, records } = openBundle(at('bundle'));
    assert.equal(deltas.removed.size, 2);
    // A host may have lost them.
    for (const image of deltas.removed) {
      rmSync(at('bundle', objectName(records[image].thumbnail.ref)));
    }
    const state = await engine.download();
    assert.ok(state.complete && !state.isLowerBound);
    const kept = [...globalThis.caches.files.keys()].filter((url) => url.endsWith('.webp'));
    assert.equal(kept.length, 22);
  });
});
