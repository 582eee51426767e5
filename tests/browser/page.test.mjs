// The page in Chromium on the demo site, as a visitor uses it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { missing, serve, site } from '../web/demo_site.mjs';
import { axeSource, chromiumMissing, startChromium, watchPage } from './browsers.mjs';

const maxTaskMs = 50;

describe('page in Chromium', { skip: missing || chromiumMissing }, () => {
  let browser;
  let host;
  let context;
  let page;
  let complaints;

  before(async () => {
    [browser, host] = await Promise.all([startChromium(), serve(site)]);
  });
  after(async () => {
    await browser?.close();
    await host?.stop();
  });
  beforeEach(() => openContext());
  afterEach(async () => {
    const seen = await page.evaluate(() => window.seen).catch(() => null);
    await context.close();
    assert.deepEqual(seen?.breaches ?? [], [], 'the security policy was kept');
    assert.deepEqual(complaints, [], 'nothing was logged as an error');
  });

  async function openContext(options = {}) {
    await context?.close();
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    await context.addInitScript(watchPage);
    page = await context.newPage();
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
  }

  const visit = async (hash = '', address = host.address) => {
    await page.goto(address + hash);
    await page.waitForSelector('#results .card img[src^="blob:"]');
  };
  const shownIds = () =>
    page.$$eval('#results a', (links) =>
      links.map(({ href }) => new URLSearchParams(new URL(href).hash.slice(1)).get('image')),
    );
  const resultsFor = (text) =>
    page.waitForFunction(
      (wanted) =>
        document.querySelector('#results')?.dataset.query === wanted &&
        document.querySelector('.results').getAttribute('aria-busy') === 'false',
      text,
    );
  const example = async (index) => {
    const chip = page.locator('.chip-button').nth(index);
    const text = await chip.getAttribute('data-text');
    await chip.click();
    await resultsFor(text);
    return text;
  };
  const dialog = () => page.locator('dialog.lightbox[open]');
  const breachesOfAxe = async () => {
    await page.evaluate(axeSource).catch(() => undefined);
    const { violations } = await page.evaluate(() => window.axe.run());
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  };
  // What a test provoked is no complaint about the page.
  const forgive = () => complaints.splice(0);

  test('shows images, counts and examples at once', async () => {
    await visit();
    assert.match(await page.textContent('.status'), /of [\d,]+ images/);
    assert.ok((await page.locator('.chip-button').count()) > 0);
    assert.ok((await page.locator('.facet').count()) > 0);
  });

  test('an example is answered before any model is asked for', async () => {
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    await visit();
    const text = await example(0);
    assert.ok((await shownIds()).length > 0);
    assert.equal(await page.inputValue('#query'), text);
    assert.deepEqual(
      asked.filter((url) => /\.model$|ort-wasm.*\.wasm$/.test(url)),
      [],
    );
  });

  test('typed text is searched, cleared text shows the images again', async (t) => {
    await visit();
    await page.fill('#query', 'a car in the rain');
    const found = resultsFor('a car in the rain');
    const alert = page.waitForSelector('.alert[data-code="no_encoder"]:not([hidden])');
    const noEncoder = await Promise.race([found.then(() => false), alert.then(() => true)]);
    alert.catch(() => undefined);
    found.catch(() => undefined);
    if (noEncoder) return t.skip('SKIPPED: the bundle carries no text model');
    assert.match(await page.textContent('.status'), /best of/);
    await page.fill('#query', '');
    await resultsFor('');
    assert.doesNotMatch(await page.textContent('.status'), /best of/);
  });

  test('typing fast shows no result of an older text and never blocks the page', async () => {
    await visit();
    await page.focus('#query');
    await page.fill('#query', 'warm');
    await resultsFor('warm').catch(() => undefined);
    await page.fill('#query', '');
    await resultsFor('');
    await page.evaluate(() => (window.seen.longTasksMs = []));
    await page.locator('#query').pressSequentially('a red bus near trees', { delay: 25 });
    await resultsFor('a red bus near trees');
    const { staleResults, longTasksMs } = await page.evaluate(() => window.seen);
    assert.deepEqual(staleResults, []);
    assert.ok(Math.max(0, ...longTasksMs) <= maxTaskMs, `blocked for ${longTasksMs} ms`);
  });

  test('a filter narrows the images to its count', async () => {
    await visit();
    const row = page.locator('.facet-category li').first();
    const count = Number(await row.locator('.count').textContent());
    await row.locator('input').check();
    await page.waitForFunction(() => location.hash.includes('f='));
    await page.waitForFunction(
      (wanted) => document.querySelector('.status').textContent.includes(`of ${wanted}`),
      new Intl.NumberFormat('en').format(count),
    );
    assert.ok((await shownIds()).length <= count);
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.waitForFunction(() => !location.hash.includes('f='));
  });

  test('boxes carry class, confidence, colour and pattern, and are switched by class', async () => {
    await visit();
    const boxes = page.locator('#results .boxes g.box');
    if ((await boxes.count()) === 0) return;
    assert.match(await boxes.first().getAttribute('class'), /tone-\d.*dash-\d/);
    const before = await boxes.count();
    await page.locator('.eye').first().click();
    await page.waitForFunction(() => location.hash.includes('hide='));
    assert.ok((await boxes.count()) < before);
    await page.locator('.toolbar .toggle').filter({ hasText: 'Boxes' }).click();
    await page.waitForFunction(() => location.hash.includes('boxes=off'));
    assert.equal(await boxes.count(), 0);
  });

  test('the keyboard alone opens, steps through and leaves the lightbox', async () => {
    await visit();
    await example(0);
    const ids = await shownIds();
    await page.locator('#results a').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await dialog().waitFor();
    const current = () =>
      page.evaluate(() => new URLSearchParams(location.hash.slice(1)).get('image'));
    assert.equal(await current(), ids[1]);
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(
      (id) => new URLSearchParams(location.hash.slice(1)).get('image') === id,
      ids[0],
    );
    await page.keyboard.press('b');
    await page.waitForFunction(() => location.hash.includes('boxes=off'));
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    assert.equal(await current(), null);
    assert.ok(await page.evaluate(() => document.activeElement.closest('#results') !== null));
  });

  test('similar images leave out the one they are like', async () => {
    await visit();
    const [first] = await shownIds();
    await page.locator('#results a').first().click();
    await dialog().getByRole('button', { name: 'Find similar', exact: true }).click();
    await page.waitForFunction(() => location.hash.includes('similar='));
    await page.waitForSelector('.chip:not([hidden])');
    await page.waitForFunction(() => /best of/.test(document.querySelector('.status').textContent));
    assert.ok(!(await shownIds()).includes(first));
    await page.locator('.chip button').click();
    await page.waitForFunction(() => !location.hash.includes('similar='));
  });

  test('a filmstrip shows the images before and after', async () => {
    await visit();
    for (const link of (await page.locator('#results a').all()).slice(0, 5)) {
      await link.click();
      await dialog().waitFor();
      await page.waitForTimeout(200);
      const strip = await dialog().locator('.filmstrip li').count();
      if (strip >= 2) {
        assert.equal(await dialog().locator('.filmstrip [aria-current]').count(), 1);
        await dialog().locator('.filmstrip button:not([aria-current])').first().click();
        await page.waitForFunction(() => document.querySelector('.filmstrip [aria-current]'));
        return;
      }
      await page.keyboard.press('Escape');
    }
  });

  const giveImage = (how, bytes) =>
    page.evaluate(
      ([type, data]) => {
        const file = new File([Uint8Array.from(data)], `${type}.jpg`, { type: 'image/jpeg' });
        const transfer = new DataTransfer();
        transfer.items.add(file);
        const cancelable = true;
        if (type === 'paste') {
          dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, cancelable }));
          return;
        }
        for (const step of ['dragenter', 'dragover', 'drop']) {
          dispatchEvent(new DragEvent(step, { dataTransfer: transfer, cancelable }));
        }
      },
      [how, [...bytes]],
    );

  test('a dropped image finds itself, a pasted file that is no image is refused', async (t) => {
    await visit();
    const [first] = await shownIds();
    await giveImage('drop', await thumbnailOf(first));
    const found = page
      .waitForFunction(() => /best of/.test(document.querySelector('.status').textContent))
      .then(() => true);
    const refused = page.waitForSelector('.alert[data-code]:not([hidden])').then(() => false);
    refused.catch(() => undefined);
    found.catch(() => undefined);
    if (!(await Promise.race([found, refused]))) {
      const code = await page.getAttribute('.alert', 'data-code');
      assert.equal(code, 'no_encoder');
      return t.skip('SKIPPED: the bundle carries no vision model');
    }
    assert.match(await page.textContent('.chip'), /drop\.jpg/);
    assert.ok((await shownIds()).slice(0, 5).includes(first));
    await giveImage('paste', new TextEncoder().encode('no image'));
    await page.waitForSelector('.alert[data-code="invalid_argument"]:not([hidden])');
  });

  // The thumbnail's bytes by the package, for the page shows them only as pictures.
  async function thumbnailOf(imageId) {
    const { loadPackage, bundle } = await import('../web/demo_site.mjs');
    const { open, FileSource } = await loadPackage();
    const engine = await open(new FileSource(bundle));
    const [image] = await engine.get([imageId]);
    const blob = await engine.thumbnail(image.thumbnail);
    engine.close();
    return new Uint8Array(await blob.arrayBuffer());
  }

  test('a shared link shows the same', async () => {
    await visit();
    await example(1);
    await page.selectOption('#count', '20');
    await page.waitForFunction(() => document.querySelectorAll('#results .card').length <= 20);
    const ids = await shownIds();
    await page.locator('#results a').nth(2).click();
    await dialog().waitFor();
    const link = page.url();
    await openContext();
    await page.goto(link);
    await dialog().waitFor();
    assert.deepEqual(await shownIds(), ids);
    const title = await dialog().locator('h2').textContent();
    assert.ok(title.startsWith(ids[2].slice(ids[2].lastIndexOf('/') + 1)), title);
  });

  test('going back returns to the search before', async () => {
    await visit();
    const first = await example(0);
    await example(1);
    await page.goBack();
    await resultsFor(first);
  });

  test('what was used works without network, also after a reload', async () => {
    await visit();
    const text = await example(0);
    const ids = await shownIds();
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.waitForTimeout(500);
    await context.setOffline(true);
    await page.reload();
    await resultsFor(text);
    assert.deepEqual(await shownIds(), ids);
    await page.waitForSelector('#results .card img[src^="blob:"]');
    await page.waitForSelector('.offline:not([hidden])');
    forgive();
  });

  test('the whole bundle is kept for offline use, and removed again', async () => {
    await visit();
    await page.getByRole('button', { name: /Keep for offline use/ }).click();
    await page.waitForSelector('.offline-panel:has-text("Kept for offline use")', {
      timeout: 120_000,
    });
    await page.evaluate(() => navigator.serviceWorker.ready);
    await context.setOffline(true);
    await page.goto(`${host.address}#q=a%20tree`);
    await page.reload();
    await page.waitForSelector('#results .card img[src^="blob:"]');
    await context.setOffline(false);
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('button', { name: /Keep for offline use/ }).waitFor();
    forgive();
  });

  test('when the browser throws away what was kept, the page fetches it again', async () => {
    await visit();
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.evaluate(async () => {
      for (const name of await caches.keys()) await caches.delete(name);
    });
    await example(0);
    await page.reload();
    await page.waitForSelector('#results .card img[src^="blob:"]');
  });

  test('a damaged object is an error with a name, and trying again helps', async () => {
    const damage = (route) => route.fulfill({ status: 200, body: Buffer.alloc(1000) });
    await context.route(/\.codes$/, damage);
    await page.goto(host.address);
    await page.waitForSelector('.alert[data-code="corrupt"]:not([hidden])');
    assert.equal(await page.locator('#results .card').count(), 0);
    await context.unroute(/\.codes$/, damage);
    await page.reload();
    await page.waitForSelector('#results .card img[src^="blob:"]');
    forgive();
  });

  test('a dead network is told, and trying again helps', async () => {
    await context.route(/manifest\.json$/, (route) => route.abort());
    await page.goto(host.address);
    await page.waitForSelector('.alert[data-code="network"]:not([hidden])');
    assert.deepEqual(await breachesOfAxe(), []);
    await context.unroute(/manifest\.json$/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForSelector('#results .card img[src^="blob:"]');
    forgive();
  });

  test('a slow network is told in bytes', async () => {
    const slow = await serve(site, '--hostile', 'slow');
    try {
      await page.goto(slow.address);
      await page.waitForSelector('.loading:not([hidden])');
      assert.match(await page.textContent('.loading'), /\d+ (B|kB|MB)/);
    } finally {
      await context.close();
      await openContext();
      await slow.stop();
    }
  });

  test('nothing found says what to relax', async () => {
    await visit('#min=1&q=');
    await example(0);
    await page.waitForSelector('.empty:not([hidden])');
    assert.deepEqual(await breachesOfAxe(), []);
    await page.getByRole('button', { name: /Clear filters/ }).click();
    await page.waitForSelector('#results .card');
  });

  test('a base path works', async () => {
    const below = await serve(site, '--base-path', '/docs/demo/');
    try {
      await visit('', below.address);
      await example(0);
      await page.waitForFunction(() => navigator.serviceWorker.ready.then(() => true));
    } finally {
      await below.stop();
    }
  });

  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing in ${colorScheme}: start, results, lightbox`, async () => {
      await openContext({ colorScheme, reducedMotion: 'reduce' });
      await visit();
      assert.deepEqual(await breachesOfAxe(), []);
      await example(0);
      assert.deepEqual(await breachesOfAxe(), []);
      await page.locator('#results a').first().click();
      await dialog().waitFor();
      await page.waitForTimeout(300);
      assert.deepEqual(await breachesOfAxe(), []);
    });
  }

  test('a phone of 320 px shows everything without scrolling sideways', async () => {
    await openContext({ viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true });
    await visit();
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(await overflow(), 0);
    await page.getByRole('button', { name: 'Filters' }).click();
    assert.ok(await page.locator('.facets').isVisible());
    assert.equal(await overflow(), 0);
  });

  test('reloads in five tabs, on and off line, leave no tab dead', async () => {
    await visit();
    await page.evaluate(() => navigator.serviceWorker.ready);
    const tabs = [page, ...(await Promise.all([1, 2, 3, 4].map(() => context.newPage())))];
    const reloads = Number(process.env.SIGHTLINE_RELOADS ?? 20);
    await Promise.all(tabs.slice(1).map((tab) => tab.goto(host.address)));
    for (let i = 0; i < reloads; ++i) {
      await context.setOffline(i % 2 === 1);
      const tab = tabs[i % tabs.length];
      await tab.reload();
      await tab.waitForSelector('#results .card img[src^="blob:"]');
    }
    forgive();
  });

  test('the page is what the build wrote', async () => {
    const html = await (await context.request.get(host.address)).text();
    assert.equal(html, readFileSync(join(site, 'index.html'), 'utf8'));
    assert.doesNotMatch(html, /<script(?![^>]*src=)|<style|style=|onclick=/);
  });
});
