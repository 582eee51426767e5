// What the page does with no text model: suggestions, phrases of the bank, the nearest phrase, and
// "nothing found".
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chromiumVisitor, cannotVisit } from './chromium_visitor.mjs';

const modelFile = /\.(model|layer|tokens)$|ort-wasm.*\.wasm$/;

describe('phrases of the bank in Chromium', { skip: cannotVisit }, () => {
  const visitor = chromiumVisitor();
  const list = () => visitor.page.locator('#suggestions');
  const options = () => visitor.page.locator('#suggestions [role="option"]');
  const standIn = () => visitor.page.locator('.stand-in');

  // The addresses asked for from now on.
  function watchRequests() {
    const asked = [];
    visitor.page.on('request', (request) => asked.push(request.url()));
    return asked;
  }

  async function typeAndWait(text) {
    await visitor.page.focus('#query');
    await visitor.page.locator('#query').pressSequentially(text);
    await visitor.page.waitForSelector(`#suggestions[data-typed="${text}"] [role="option"]`);
  }

  async function searchFor(text) {
    await visitor.page.fill('#query', text);
    await visitor.page.keyboard.press('Enter');
    await visitor.resultsFor(text);
  }

  test('suggestions complete what is typed, and arrows, Enter and Escape work on them', async () => {
    await visitor.visit('?encoder=none');
    await typeAndWait('red bu');
    await visitor.resultsFor('red bu');
    const phrases = await options().allTextContents();
    assert.ok(phrases.length > 1 && phrases.length <= 8, phrases.join());
    for (const phrase of phrases) assert.match(phrase, /\bred\b.*\bbu|\bbu.*\bred\b/);
    assert.equal(await visitor.page.getAttribute('#query', 'aria-expanded'), 'true');
    assert.deepEqual(await visitor.breachesOfAxe(), []);

    await visitor.page.keyboard.press('ArrowDown');
    await visitor.page.keyboard.press('ArrowDown');
    const active = await visitor.page.getAttribute('#query', 'aria-activedescendant');
    const selected = list().locator('[aria-selected="true"]');
    assert.equal(await selected.getAttribute('id'), active);
    assert.equal(await selected.textContent(), phrases[1]);
    assert.deepEqual(await visitor.breachesOfAxe(), []);
    await visitor.page.keyboard.press('Enter');
    await visitor.resultsFor(phrases[1]);
    assert.equal(await visitor.page.inputValue('#query'), phrases[1]);
    assert.equal(await list().isVisible(), false);

    await visitor.page.fill('#query', '');
    await typeAndWait('blue');
    await visitor.page.keyboard.press('Escape');
    assert.equal(await list().isVisible(), false);
    assert.equal(await visitor.page.inputValue('#query'), 'blue');
    assert.equal(await visitor.page.getAttribute('#query', 'aria-expanded'), 'false');
  });

  test('a suggestion is chosen with the pointer, and leaving the field closes the list', async () => {
    await visitor.visit('?encoder=none');
    await typeAndWait('dog');
    const phrase = await options().nth(1).textContent();
    await options().nth(1).click();
    await visitor.resultsFor(phrase);
    assert.equal(await list().isVisible(), false);
    await visitor.page.fill('#query', '');
    await typeAndWait('bus');
    await visitor.page.locator('#count').focus();
    assert.equal(await list().isVisible(), false);
  });

  test('a typed phrase of the bank is answered with no text model', async () => {
    await visitor.visit('?encoder=none');
    const asked = watchRequests();
    for (const text of ['a red bus', 'a dog and a bus', 'A Red BUS.']) {
      await searchFor(text);
      assert.ok((await visitor.shownIds()).length > 0, text);
      assert.equal(await standIn().isVisible(), false, text);
    }
    assert.deepEqual(
      asked.filter((url) => modelFile.test(url)),
      [],
    );
    const pages = asked.filter((url) => url.endsWith('.phrases'));
    assert.ok(pages.length >= 2 && pages.length <= 6, pages.join('\n'));
  });

  test('a phrase of the bank shows its first images before the index is there', async () => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await visitor.context.route(/\.(codes|refinement|graph)$/, async (route) => {
      await held;
      await route.continue();
    });
    await visitor.visit('?encoder=none');
    const text = 'a red bus';
    await visitor.page.fill('#query', text);
    await visitor.page.waitForFunction(
      (wanted) =>
        document.querySelector('#results').dataset.query === wanted &&
        document.querySelector('#results .card img[src^="blob:"]'),
      text,
    );
    const first = await visitor.shownIds();
    assert.equal(await visitor.page.getAttribute('.results', 'aria-busy'), 'true');
    assert.equal(await visitor.page.locator('#results .similarity').count(), 0);
    release();
    await visitor.resultsFor(text);
    assert.deepEqual((await visitor.shownIds()).slice(0, first.length), first);
    assert.ok((await visitor.page.locator('#results .similarity').count()) > 0);
  });

  test('phrases only: another text shows the nearest phrase, labelled, and can load the model', async (t) => {
    await visitor.visit('?encoder=none');
    const asked = watchRequests();
    const text = 'a gleaming red bus at night near warehouses';
    await searchFor(text);
    const phrase = await standIn().getAttribute('data-stand-in');
    assert.match(phrase, /bus/);
    assert.match(await standIn().textContent(), /^Showing results for .*, the nearest phrase/);
    assert.ok((await visitor.shownIds()).length > 0);
    assert.deepEqual(await visitor.breachesOfAxe(), []);
    assert.deepEqual(
      asked.filter((url) => modelFile.test(url)),
      [],
    );
    const load = standIn().getByRole('button', { name: /Load the text model \([\d.]+ (kB|MB)\)/ });
    if ((await load.count()) === 0) return t.skip('SKIPPED: the bundle carries no text model');
    await load.click();
    await standIn().waitFor({ state: 'hidden' });
    await visitor.resultsFor(text);
    assert.ok(asked.some((url) => modelFile.test(url)));
  });

  test('phrases only: a text near to no phrase says so', async () => {
    await visitor.visit('?encoder=none');
    await searchFor('xqzvw plorf');
    assert.match(await standIn().textContent(), /^No phrase .* xqzvw plorf/);
    assert.deepEqual(await visitor.shownIds(), []);
    assert.equal(await visitor.page.locator('.empty').isVisible(), false);
    assert.deepEqual(await visitor.breachesOfAxe(), []);
  });

  test('a browser that saves data loads no model by itself', async () => {
    await visitor.context.addInitScript(() =>
      Object.defineProperty(navigator, 'connection', { value: { saveData: true } }),
    );
    await visitor.visit();
    const asked = watchRequests();
    await searchFor('a gleaming red bus at night near warehouses');
    assert.equal(await standIn().isVisible(), true);
    assert.deepEqual(
      asked.filter((url) => modelFile.test(url)),
      [],
    );
  });

  test('while the text model loads, the nearest phrase stands in and then makes way', async (t) => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await visitor.context.route(modelFile, async (route) => {
      await held;
      await route.continue();
    });
    await visitor.visit();
    const asked = watchRequests();
    const text = 'a gleaming red bus at night near warehouses';
    await visitor.page.fill('#query', text);
    await visitor.page.keyboard.press('Enter');
    await standIn().waitFor();
    if (!asked.some((url) => modelFile.test(url))) {
      release();
      return t.skip('SKIPPED: the bundle carries no text model');
    }
    assert.match(await standIn().textContent(), /while the text model loads\.$/);
    assert.equal(await standIn().getByRole('button').count(), 0);
    const before = await visitor.shownIds();
    assert.ok(before.length > 0);
    assert.equal(await visitor.page.getAttribute('.results', 'aria-busy'), 'true');
    release();
    await visitor.resultsFor(text);
    assert.equal(await standIn().isVisible(), false);
    assert.notDeepEqual(await visitor.shownIds(), before);
  });

  test('what fits nothing is told, with other words and with the nearest images', async (t) => {
    await visitor.visit();
    const text = 'grdenias and bicyle';
    await visitor.page.fill('#query', text);
    const empty = visitor.page.locator('.empty');
    await visitor.page.waitForFunction(
      () =>
        document.querySelector('.results').getAttribute('aria-busy') === 'false' &&
        ['.empty', '.stand-in', '.alert'].some((part) => !document.querySelector(part).hidden),
    );
    if (!(await empty.isVisible())) return t.skip('SKIPPED: the bundle carries no text model');
    assert.match(
      await empty.textContent(),
      /Nothing in this collection fits “grdenias and bicyle”/,
    );
    assert.deepEqual(await visitor.shownIds(), []);
    assert.deepEqual(await visitor.breachesOfAxe(), []);
    const chip = empty.locator('.chip-button').first();
    assert.match(await chip.textContent(), /bicycle/);
    await empty.getByRole('button', { name: 'Show the nearest images anyway' }).click();
    await visitor.page.waitForSelector('#results .card');
    assert.match(visitor.page.url(), /all=on/);
    await visitor.page.goBack();
    await empty.waitFor();
    await chip.click();
    await visitor.page.waitForSelector('#results .card');
    assert.doesNotMatch(visitor.page.url(), /all=on/);
    const relevances = await visitor.page.locator('#results .similarity').allTextContents();
    assert.match(relevances[0], /^\d+ %$/);
  });
});
