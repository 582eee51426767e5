// The page in Chromium on bad hosts, below a base path, and without network.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { serve, site } from '../web/demo_site.mjs';
import { chromiumVisitor, cannotVisit } from './chromium_visitor.mjs';

describe('hosts and networks in Chromium', { skip: cannotVisit }, () => {
  const visitor = chromiumVisitor();

  test('what was used works without network, also after a reload', async () => {
    await visitor.visit();
    const text = await visitor.example(0);
    const ids = await visitor.shownIds();
    await visitor.page.evaluate(() => navigator.serviceWorker.ready);
    await visitor.page.waitForTimeout(500);
    await visitor.context.setOffline(true);
    await visitor.page.reload();
    await visitor.resultsFor(text);
    assert.deepEqual(await visitor.shownIds(), ids);
    await visitor.page.waitForSelector('#results .card img[src^="blob:"]');
    await visitor.page.waitForSelector('.offline:not([hidden])');
    visitor.forgive();
  });

  test('the whole bundle is kept for offline use, and removed again', async () => {
    await visitor.visit();
    await visitor.page.getByRole('button', { name: /Keep for offline use/ }).click();
    await visitor.page.waitForSelector('.offline-panel:has-text("Kept for offline use")', {
      timeout: 120_000,
    });
    await visitor.page.evaluate(() => navigator.serviceWorker.ready);
    await visitor.context.setOffline(true);
    await visitor.page.goto(`${visitor.address}#q=a%20car%20under%20the%20trees`);
    await visitor.page.reload();
    await visitor.page.waitForSelector('#results .card img[src^="blob:"]');
    await visitor.page.fill('#query', 'never typed before');
    await visitor.resultsFor('never typed before');
    await visitor.context.setOffline(false);
    await visitor.page.getByRole('button', { name: 'Remove', exact: true }).click();
    await visitor.page.getByRole('button', { name: /Keep for offline use/ }).waitFor();
    visitor.forgive();
  });

  test('of two tabs only one downloads at a time', async () => {
    await visitor.visit();
    const held = await visitor.page.evaluate(
      () =>
        new Promise((resolve) => {
          void navigator.locks.request('sightline-download', () => {
            resolve(true);
            return new Promise(() => undefined);
          });
        }),
    );
    assert.ok(held);
    const other = await visitor.context.newPage();
    await other.goto(visitor.address);
    await other.getByRole('button', { name: /Keep for offline use/ }).click();
    await other.waitForSelector('.alert[data-code="busy"]:not([hidden])');
  });

  test('when the browser throws away what was kept, the page fetches it again', async () => {
    await visitor.visit();
    await visitor.page.evaluate(() => navigator.serviceWorker.ready);
    await visitor.page.evaluate(async () => {
      for (const name of await caches.keys()) await caches.delete(name);
    });
    await visitor.example(0);
    await visitor.page.reload();
    await visitor.page.waitForSelector('#results .card img[src^="blob:"]');
  });

  test('when the browser stores nothing, the page works and a download says why not', async () => {
    const devtools = await visitor.context.newCDPSession(visitor.page);
    await devtools.send('Storage.overrideQuotaForOrigin', {
      origin: new URL(visitor.address).origin,
      quotaSize: 1000,
    });
    await visitor.visit();
    await visitor.example(0);
    await visitor.page.getByRole('button', { name: /Keep for offline use/ }).click();
    await visitor.page.waitForSelector('.alert[data-code="too_large"]:not([hidden])');
    assert.deepEqual(await visitor.breachesOfAxe(), []);
    await visitor.page.fill('#query', 'a tree in the snow');
    await visitor.resultsFor('a tree in the snow');
    await visitor.page.reload();
    await visitor.page.waitForSelector('#results .card img[src^="blob:"]');
    visitor.forgive();
  });

  test('where the browser has no storage at all, the page works', async () => {
    await visitor.context.addInitScript(() => {
      Object.defineProperty(window, 'caches', { value: undefined });
      Object.defineProperty(navigator, 'serviceWorker', { value: undefined });
      Object.defineProperty(navigator, 'storage', { value: undefined });
    });
    await visitor.visit();
    await visitor.example(0);
  });

  test('a damaged object is an error with a name, and trying again helps', async () => {
    const damage = (route) => route.fulfill({ status: 200, body: Buffer.alloc(1000) });
    await visitor.context.route(/\.codes$/, damage);
    await visitor.visit();
    await visitor.page.fill('#query', 'a red bus');
    await visitor.page.waitForSelector('.alert[data-code="corrupt"]:not([hidden])');
    assert.equal(await visitor.page.locator('#results .card').count(), 0);
    await visitor.context.unroute(/\.codes$/, damage);
    await visitor.page.getByRole('button', { name: 'Try again' }).click();
    await visitor.page.waitForSelector('#results .card img[src^="blob:"]');
    visitor.forgive();
  });

  test('a dead network is told, and trying again helps', async () => {
    await visitor.context.route(/manifest\.json$/, (route) => route.abort());
    await visitor.page.goto(visitor.address);
    await visitor.page.waitForSelector('.alert[data-code="network"]:not([hidden])');
    assert.deepEqual(await visitor.breachesOfAxe(), []);
    await visitor.context.unroute(/manifest\.json$/);
    await visitor.page.getByRole('button', { name: 'Try again' }).click();
    await visitor.page.waitForSelector('#results .card img[src^="blob:"]');
    visitor.forgive();
  });

  test('a slow network is told in bytes', async () => {
    const slow = await serve(site, '--hostile', 'slow');
    try {
      await visitor.page.goto(slow.address);
      await visitor.page.waitForSelector('.loading:not([hidden])');
      assert.match(await visitor.page.textContent('.loading'), /\d+ (B|kB|MB)/);
    } finally {
      await visitor.context.close();
      await visitor.openContext();
      await slow.stop();
    }
  });

  test('nothing found says what to relax', async () => {
    await visitor.visit('#min=1&q=');
    await visitor.example(0);
    await visitor.page.waitForSelector('.empty:not([hidden])');
    assert.deepEqual(await visitor.breachesOfAxe(), []);
    await visitor.page.getByRole('button', { name: /Clear filters/ }).click();
    await visitor.page.waitForSelector('#results .card');
  });

  test('a base path works', async () => {
    const below = await serve(site, '--base-path', '/docs/demo/');
    try {
      await visitor.visit('', below.address);
      await visitor.example(0);
      await visitor.page.waitForFunction(() => navigator.serviceWorker.ready.then(() => true));
    } finally {
      await below.stop();
    }
  });

  test('reloads in five tabs, on and off line, leave no tab dead', async () => {
    await visitor.visit();
    await visitor.page.evaluate(() => navigator.serviceWorker.ready);
    const tabs = [
      visitor.page,
      ...(await Promise.all([1, 2, 3, 4].map(() => visitor.context.newPage()))),
    ];
    const reloads = Number(process.env.SIGHTLINE_RELOADS ?? 20);
    await Promise.all(tabs.slice(1).map((tab) => tab.goto(visitor.address)));
    for (let i = 0; i < reloads; ++i) {
      await visitor.context.setOffline(i % 2 === 1);
      const tab = tabs[i % tabs.length];
      await tab.reload();
      await tab.waitForSelector('#results .card img[src^="blob:"]');
    }
    visitor.forgive();
  });

  test('the page is what the build wrote', async () => {
    const html = await (await visitor.context.request.get(visitor.address)).text();
    assert.equal(html, readFileSync(join(site, 'index.html'), 'utf8'));
    assert.doesNotMatch(html, /<script(?![^>]*src=)|<style|style=|onclick=/);
  });
});
