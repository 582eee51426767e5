// A visitor of the demo site in Chromium: a fresh profile for each test, and what it does over and over.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach } from 'node:test';
import { missing, serve, site } from '../web/demo_site.mjs';
import { axeSource, chromiumMissing, startChromium, watchPage } from './browsers.mjs';

// Why there can be no visitor, or false.
export const cannotVisit = missing || chromiumMissing;

// To be called inside a describe: its hooks are that suite's. After each test the page must have
// kept its security policy and logged no error that the test has not forgiven.
export function chromiumVisitor() {
  let browser;
  let host;
  let complaints = [];
  const visitor = {
    page: null,
    context: null,

    get address() {
      return host.address;
    },

    async openContext(options = {}) {
      await visitor.context?.close();
      const viewport = { width: 1280, height: 900 };
      visitor.context = await browser.newContext({ viewport, ...options });
      await visitor.context.addInitScript(watchPage);
      visitor.page = await visitor.context.newPage();
      complaints = [];
      visitor.page.on('pageerror', (error) => complaints.push(error.message));
      visitor.page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
    },

    async visit(hash = '', address = host.address) {
      await visitor.page.goto(address + hash);
      await visitor.page.waitForSelector('#results .card img[src^="blob:"]');
      await visitor.page.waitForSelector('.results[aria-busy="false"]');
    },

    // In the order shown.
    shownIds: () =>
      visitor.page.$$eval('#results a', (links) =>
        links.map(({ href }) => new URLSearchParams(new URL(href).hash.slice(1)).get('image')),
      ),

    resultsFor: (text) =>
      visitor.page.waitForFunction(
        (wanted) =>
          document.querySelector('#results')?.dataset.query === wanted &&
          document.querySelector('.results').getAttribute('aria-busy') === 'false',
        text,
      ),

    async example(index) {
      const chip = visitor.page.locator('.chip-button').nth(index);
      const text = await chip.getAttribute('data-text');
      await chip.click();
      await visitor.resultsFor(text);
      return text;
    },

    dialog: () => visitor.page.locator('dialog.lightbox[open]'),

    async breachesOfAxe() {
      await visitor.page.evaluate(axeSource);
      const { violations } = await visitor.page.evaluate(() => window.axe.run());
      return violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`,
      );
    },

    // The longest time the page's main thread worked at one task meanwhile, without the time that
    // the machine gave to others.
    async longestTaskMs(action) {
      await browser.startTracing(visitor.page, { categories: ['toplevel'] });
      await action();
      const { traceEvents } = JSON.parse(await browser.stopTracing());
      const main = traceEvents
        .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
        .map(({ pid, tid }) => `${pid} ${tid}`);
      const tasks = traceEvents.filter(
        ({ name, pid, tid }) => /RunTask/.test(name) && main.includes(`${pid} ${tid}`),
      );
      assert.ok(tasks.length > 0, 'tasks of the main thread were traced');
      return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
    },

    // What a test provoked is no complaint about the page.
    forgive: () => complaints.splice(0),
  };

  before(async () => {
    [browser, host] = await Promise.all([startChromium(), serve(site)]);
  });
  after(async () => {
    await browser?.close();
    await host?.stop();
  });
  beforeEach(() => visitor.openContext());
  afterEach(async () => {
    const seen = await visitor.page.evaluate(() => window.seen).catch(() => null);
    await visitor.context.close();
    assert.deepEqual(seen?.breaches ?? [], [], 'the security policy was kept');
    assert.deepEqual(complaints, [], 'nothing was logged as an error');
  });
  return visitor;
}
