// The npm package from a plain <script type="module"> in Chromium, under a strict policy.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bundle, demoFrames, demoModel, missing, root, runJson, serve } from '../web/demo_site.mjs';
import { chromiumMissing, startChromium, watchPage } from './browsers.mjs';

const page = '<!doctype html><title>plain</title><script type="module" src="plain.js"></script>';
const script = `
import { open } from './package/sightline.js';
window.engine = await open('bundle');
`;

describe('package in Chromium', { skip: missing || chromiumMissing }, () => {
  let browser;
  let folder;
  let host;
  let tab;

  before(async () => {
    folder = mkdtempSync(join(root, 'build/plain-'));
    mkdirSync(join(folder, 'site'));
    const copy = (from, to) => spawnSync('cp', ['-rl', from, join(folder, 'site', to)]);
    copy(bundle, 'bundle');
    copy(join(root, 'build/web/package'), 'package');
    writeFileSync(join(folder, 'site/index.html'), page);
    writeFileSync(join(folder, 'site/plain.js'), script);
    [browser, host] = await Promise.all([startChromium(), serve(join(folder, 'site'))]);
    tab = await browser.newPage();
    await tab.addInitScript(watchPage);
    await tab.goto(host.address);
    await tab.waitForFunction(() => window.engine !== undefined);
  });
  after(async () => {
    await browser?.close();
    await host?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  function assertSameDirection(actual, expected) {
    const dot = actual.reduce((sum, value, index) => sum + value * expected[index], 0);
    assert.ok(dot >= 0.9999, `cosine ${dot}`);
  }

  test('an embedded text is the one of the program', async (t) => {
    const carried = await tab.evaluate(() => window.engine.bundles[0].encoderBytes.text > 0);
    if (!carried) return t.skip('SKIPPED: the bundle carries no text model');
    for (const text of ['a red bus at night', 'Schnee, 雪 ❄️', 'x '.repeat(300)]) {
      const actual = await tab.evaluate(
        async (words) => [...(await window.engine.embed({ text: words }))],
        text,
      );
      const options = ['--encoder', 'packed', '--model', demoModel, '--json'];
      assert.deepEqual(actual, runJson('embed', ...options, '--text', text).embedding);
    }
  });

  test('an embedded JPEG is the one of the program', async (t) => {
    const carried = await tab.evaluate(() => window.engine.bundles[0].encoderBytes.vision > 0);
    if (!carried) return t.skip('SKIPPED: the bundle carries no vision model');
    for (const frame of demoFrames(5)) {
      // Small, so that the program does not decode it at a fraction of its size.
      const { bytes, actual } = await tab.evaluate(
        async (data) => {
          const whole = await createImageBitmap(new Blob([Uint8Array.from(data)]));
          const canvas = new OffscreenCanvas(whole.width >> 2, whole.height >> 2);
          canvas.getContext('2d').drawImage(whole, 0, 0, canvas.width, canvas.height);
          const image = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
          const bytes = [...new Uint8Array(await image.arrayBuffer())];
          return { bytes, actual: [...(await window.engine.embed({ image }))] };
        },
        [...readFileSync(frame)],
      );
      const path = join(folder, 'picture.jpg');
      writeFileSync(path, Uint8Array.from(bytes));
      const native = runJson('embed', '--model', demoModel, '--image', path, '--json');
      assertSameDirection(actual, native.embedding);
    }
  });

  test('a search, its facets and its thumbnails work, and the policy was kept', async () => {
    const { found, facets, size } = await tab.evaluate(async () => {
      const { engine } = window;
      const { hits } = await engine.search({ text: engine.bundles[0].examples[0], k: 5 });
      const blob = await engine.thumbnail(hits[0].thumbnail);
      return { found: hits.length, facets: (await engine.facets()).length, size: blob.size };
    });
    assert.equal(found, 5);
    assert.ok(facets > 0);
    assert.ok(size > 0);
    assert.deepEqual(await tab.evaluate(() => window.seen.breaches), []);
  });

  test('errors keep their class and code across the worker', async () => {
    const code = await tab.evaluate(() =>
      window.engine.search({ imageId: 'no such image' }).then(
        () => 'found',
        (error) => error.code,
      ),
    );
    assert.equal(code, 'not_found');
  });
});
