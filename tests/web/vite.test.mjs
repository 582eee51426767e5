// The npm package in an app built by Vite: the worker and the WebAssembly come along.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bundle, missing, root, serve } from './demo_site.mjs';
import { chromiumMissing, startChromium } from '../browser/browsers.mjs';

const html = '<!doctype html><script type="module" src="./app.js"></script>';
const app = `
import { open } from 'sightline';
const engine = await open('bundle/');
const { hits } = await engine.search({ text: engine.bundles[0].examples[0], k: 5 });
document.title = String(hits.length);
`;

describe('package in a Vite app', { skip: missing || chromiumMissing }, () => {
  let folder;
  before(async () => {
    folder = mkdtempSync(join(root, 'build/vite-'));
    mkdirSync(join(folder, 'node_modules'));
    cpSync(join(root, 'build/web/package'), join(folder, 'node_modules/sightline'), {
      recursive: true,
    });
    cpSync(bundle, join(folder, 'public/bundle'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'index.html'), html);
    writeFileSync(join(folder, 'app.js'), app);
    const { build } = await import('vite');
    await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      base: './',
      worker: { format: 'es' },
      build: { target: 'es2022' },
    });
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  test('is bundled whole and answers', async () => {
    const assets = readdirSync(join(folder, 'dist/assets'));
    assert.ok(assets.some((name) => /^sightline_core.*\.wasm$/.test(name)));
    assert.ok(assets.some((name) => /^engine_worker.*\.js$/.test(name)));
    const [browser, host] = await Promise.all([startChromium(), serve(join(folder, 'dist'))]);
    try {
      const page = await browser.newPage();
      await page.goto(host.address);
      await page.waitForFunction(() => document.title === '5');
    } finally {
      await browser.close();
      await host.stop();
    }
  });
});
