// The page in Firefox on the demo site: what a visitor does first, and the package as a plain module.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { missing, serve, site } from '../web/demo_site.mjs';
import { firefoxMissing, startFirefox, watchPage } from './browsers.mjs';

describe('page in Firefox', { skip: missing || firefoxMissing }, () => {
  let browser;
  let host;
  let page;
  const complaints = [];

  before(async () => {
    [browser, host] = await Promise.all([startFirefox(), serve(site)]);
    page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    await page.evaluateOnNewDocument(watchPage);
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(host.address);
    await page.waitForSelector('#results .card img[src^="blob:"]');
  });
  after(async () => {
    await browser?.close();
    await host?.stop();
  });

  const resultsFor = (text) =>
    page.waitForFunction(
      (wanted) =>
        document.querySelector('#results')?.dataset.query === wanted &&
        document.querySelector('.results').getAttribute('aria-busy') === 'false',
      {},
      text,
    );
  const shown = () => page.$$eval('#results a', (links) => links.map(({ href }) => href));

  test('an example is answered', async () => {
    const text = await page.$eval('.chip-button', (chip) => chip.dataset.text);
    await page.click('.chip-button');
    await resultsFor(text);
    assert.ok((await shown()).length > 0);
  });

  test('typed text is searched', async (t) => {
    await page.$eval('#query', (input) => {
      input.value = 'a car in the rain';
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
    const refused = page.waitForSelector('.alert[data-code="no_encoder"]:not([hidden])');
    const found = resultsFor('a car in the rain').then(() => true);
    refused.catch(() => undefined);
    found.catch(() => undefined);
    if (!(await Promise.race([found, refused.then(() => false)]))) {
      return t.skip('SKIPPED: the bundle carries no text model');
    }
    assert.match(await page.$eval('.status', (status) => status.textContent), /best of/);
  });

  test('a facet filters', async () => {
    const before = await shown();
    await page.click('.facet-category input');
    await page.waitForFunction(() => location.hash.includes('f='));
    await page.waitForFunction(
      () => document.querySelector('.results').getAttribute('aria-busy') === 'false',
    );
    assert.ok((await shown()).length <= before.length);
  });

  test('the lightbox opens, steps and closes by keyboard', async () => {
    await page.focus('#results a');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog.lightbox[open]');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('dialog.lightbox[open]'));
  });

  test('the page starts from what it kept when the host is gone', async () => {
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await host.stop();
    await page.reload();
    await page.waitForSelector('#results .card img[src^="blob:"]');
    assert.ok((await shown()).length > 0);
  });

  test('the security policy was kept and nothing was thrown', async () => {
    assert.deepEqual(await page.evaluate(() => window.seen.breaches), []);
    assert.deepEqual(complaints, []);
  });
});
