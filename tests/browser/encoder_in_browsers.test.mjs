// The text encoder of the core in browsers: the bytes of the native program, and no model runtime.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bundle, missing, root, serve, site } from '../web/demo_site.mjs';
import { embedNatively, thousandTexts } from '../web/thousand_texts.mjs';
import { chromiumMissing, firefoxMissing, startChromium, startFirefox } from './browsers.mjs';

const page = '<!doctype html><title>plain</title><script type="module" src="plain.js"></script>';
const script = `
import { open } from './package/sightline.js';
window.engine = await open('bundle');
`;

// The SHA-256 of the embeddings' bytes, one text after another.
async function digestOf(texts) {
  const rows = [];
  for (const text of texts) rows.push(await window.engine.embed({ text }));
  const bytes = new Uint8Array(await new Blob(rows).arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

for (const [name, start, absent] of [
  ['Chromium', startChromium, chromiumMissing],
  ['Firefox', startFirefox, firefoxMissing],
]) {
  describe(`the packed text encoder in ${name}`, { skip: missing || absent }, () => {
    let browser;
    let folder;
    let host;

    before(async () => {
      folder = mkdtempSync(join(root, 'build/plain-'));
      const copy = (from, to) => spawnSync('cp', ['-rl', from, join(folder, to)]);
      copy(bundle, 'bundle');
      copy(join(root, 'build/web/package'), 'package');
      writeFileSync(join(folder, 'index.html'), page);
      writeFileSync(join(folder, 'plain.js'), script);
      [browser, host] = await Promise.all([start(), serve(folder)]);
    });
    after(async () => {
      await browser?.close();
      await host?.stop();
      if (folder) rmSync(folder, { recursive: true });
    });

    test('gives the bytes of the program for 1,000 texts', async () => {
      const tab = await browser.newPage();
      await tab.goto(host.address);
      await tab.waitForFunction(() => window.engine !== undefined);
      const expected = createHash('sha256');
      for (const row of embedNatively(thousandTexts)) expected.update(new Uint8Array(row.buffer));
      assert.equal(await tab.evaluate(digestOf, thousandTexts), expected.digest('hex'));
    });
  });
}

const unbankedText = 'a gleaming red bus at night near warehouses';

describe('the page', { skip: missing || chromiumMissing }, () => {
  let browser;
  let host;
  before(async () => {
    [browser, host] = await Promise.all([startChromium(), serve(site)]);
  });
  after(async () => {
    await browser?.close();
    await host?.stop();
  });

  async function askedFor(address) {
    const tab = await browser.newPage();
    const asked = [];
    tab.on('request', (request) => asked.push(request.url()));
    await tab.goto(address);
    await tab.fill('#query', unbankedText);
    // The nearest phrase of the bank may stand in until the text's own answer is there.
    await tab.waitForFunction((text) => {
      const results = document.querySelector('#results');
      return results?.dataset.query === text && document.querySelector('.stand-in')?.hidden;
    }, unbankedText);
    await tab.close();
    return (pattern) => asked.filter((url) => pattern.test(url)).length;
  }

  test('reads typed text without ONNX Runtime', async () => {
    const count = await askedFor(host.address);
    assert.ok(count(/\.layer$/) > 0);
    assert.equal(count(/\.model$|ort-wasm|onnxruntime/), 0);
  });

  test('reads it with ONNX Runtime where the address says so', async () => {
    const count = await askedFor(`${host.address}?encoder=ort`);
    assert.equal(count(/\.layer$/), 0);
    assert.ok(count(/ort-wasm.*\.wasm$/) > 0);
  });
});
