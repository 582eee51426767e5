// Searching in Chromium on the demo site, as a visitor does it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bundle, loadPackage } from '../web/demo_site.mjs';
import { chromiumVisitor, cannotVisit } from './chromium_visitor.mjs';

const maxTaskMs = 50;

describe('searching in Chromium', { skip: cannotVisit }, () => {
  const visitor = chromiumVisitor();

  test('shows images and examples at once, then counts and facets', async () => {
    await visitor.visit();
    assert.ok((await visitor.page.locator('.chip-button').count()) > 0);
    await visitor.page.waitForSelector('.facet');
    assert.match(await visitor.page.textContent('.status'), /of [\d,]+ images/);
  });

  test('an example is answered before any model is asked for', async () => {
    const asked = [];
    visitor.page.on('request', (request) => asked.push(request.url()));
    await visitor.visit();
    const text = await visitor.example(0);
    assert.ok((await visitor.shownIds()).length > 0);
    assert.equal(await visitor.page.inputValue('#query'), text);
    assert.deepEqual(
      asked.filter((url) => /\.model$|ort-wasm.*\.wasm$/.test(url)),
      [],
    );
  });

  test('typed text is searched, cleared text shows the images again', async (t) => {
    await visitor.visit();
    await visitor.page.fill('#query', 'a car in the rain');
    const found = visitor.resultsFor('a car in the rain');
    const alert = visitor.page.waitForSelector('.alert[data-code="no_encoder"]:not([hidden])');
    const noEncoder = await Promise.race([found.then(() => false), alert.then(() => true)]);
    alert.catch(() => undefined);
    found.catch(() => undefined);
    if (noEncoder) return t.skip('SKIPPED: the bundle carries no text model');
    assert.match(await visitor.page.textContent('.status'), /best of/);
    await visitor.page.fill('#query', '');
    await visitor.resultsFor('');
    assert.doesNotMatch(await visitor.page.textContent('.status'), /best of/);
  });

  test('typing fast shows no result of an older text and never blocks the page', async () => {
    await visitor.visit();
    await visitor.page.focus('#query');
    await visitor.page.fill('#query', 'warm');
    await visitor.resultsFor('warm').catch(() => undefined);
    await visitor.page.fill('#query', '');
    await visitor.resultsFor('');
    const busyMs = await visitor.longestTaskMs(async () => {
      await visitor.page.locator('#query').pressSequentially('a red bus near trees', { delay: 25 });
      await visitor.resultsFor('a red bus near trees');
    });
    assert.deepEqual(await visitor.page.evaluate(() => window.seen.staleResults), []);
    assert.ok(busyMs <= maxTaskMs, `a task of ${busyMs} ms`);
  });

  test('a filter narrows the images to its count', async () => {
    await visitor.visit();
    const row = visitor.page.locator('.facet-category li').first();
    const count = Number(await row.locator('.count').textContent());
    await row.locator('input').check();
    await visitor.page.waitForFunction(() => location.hash.includes('f='));
    await visitor.page.waitForFunction(
      (wanted) => document.querySelector('.status').textContent.includes(`of ${wanted}`),
      new Intl.NumberFormat('en').format(count),
    );
    assert.ok((await visitor.shownIds()).length <= count);
    await visitor.page.getByRole('button', { name: 'Clear all' }).click();
    await visitor.page.waitForFunction(() => !location.hash.includes('f='));
  });

  test('a range of numbers is set by keyboard, kept in the address, and taken back', async () => {
    await visitor.visit();
    const latitude = visitor.page.getByRole('group', { name: 'Latitude' });
    const [from, to] = ['From', 'To'].map((name) => latitude.getByRole('spinbutton', { name }));
    const clear = latitude.getByRole('button', { name: 'Any Latitude' });
    const least = Number(await from.getAttribute('placeholder'));
    const most = Number(await to.getAttribute('placeholder'));
    assert.ok(least < most);
    assert.equal(await clear.count(), 0);
    const all = await visitor.page.textContent('.status');

    await from.focus();
    await visitor.page.keyboard.type(String((least + most) / 2));
    await visitor.page.keyboard.press('Tab');
    await visitor.page.keyboard.type('9');
    await visitor.page.waitForFunction(
      (before) => document.querySelector('.status').textContent !== before,
      all,
    );
    assert.equal(await to.inputValue(), '9', 'what is half typed stays, and so does the focus');
    await visitor.page.keyboard.type('0');
    await visitor.page.keyboard.press('Enter');
    await visitor.page.waitForFunction(() => /%3C%3D90\b/.test(location.hash));
    assert.equal(await to.inputValue(), '90');
    assert.ok(await to.evaluate((input) => input === document.activeElement));
    assert.deepEqual(await visitor.breachesOfAxe(), []);

    const narrowed = await visitor.shownIds();
    await visitor.page.reload();
    await visitor.page.waitForSelector('.range');
    assert.equal(Number(await from.inputValue()), (least + most) / 2);
    assert.deepEqual(await visitor.shownIds(), narrowed);
    await clear.click();
    await visitor.page.waitForFunction(() => !location.hash.includes('f='));
    assert.equal(await from.inputValue(), '');
    assert.ok(await from.evaluate((input) => input === document.activeElement));
    await visitor.page.goBack();
    await visitor.page.waitForFunction(() => location.hash.includes('f='));
    assert.equal(await to.inputValue(), '90');
    await visitor.page.getByRole('button', { name: 'Clear all' }).click();
    await visitor.page.waitForFunction(() => !location.hash.includes('f='));
    assert.equal(await to.inputValue(), '');
  });

  test('a range of times is one in UTC', async () => {
    await visitor.openContext({ timezoneId: 'America/New_York' });
    await visitor.visit();
    const time = visitor.page.getByRole('group', { name: 'Time (UTC)' });
    const [from, to] = ['From', 'To'].map((name) => time.getByLabel(name));
    const least = await from.getAttribute('min');
    assert.match(await time.textContent(), new RegExp(least.slice(0, 16).replace('T', ' ')));
    await to.fill(least);
    await to.press('Enter');
    await visitor.page.waitForFunction(() => location.hash.includes('f='));
    const words = new URLSearchParams(new URL(visitor.page.url()).hash.slice(1));
    assert.equal(words.get('f'), `timestamp_s<=${Date.parse(`${least}Z`) / 1000}`);
  });

  test('similar images leave out the one they are like', async () => {
    await visitor.visit();
    const [first] = await visitor.shownIds();
    await visitor.page.locator('#results a').first().click();
    await visitor.dialog().getByRole('button', { name: 'Find similar', exact: true }).click();
    await visitor.page.waitForFunction(() => location.hash.includes('similar='));
    await visitor.page.waitForSelector('.chip:not([hidden])');
    await visitor.page.waitForFunction(() =>
      /best of/.test(document.querySelector('.status').textContent),
    );
    assert.ok(!(await visitor.shownIds()).includes(first));
    await visitor.page.locator('.chip button').click();
    await visitor.page.waitForFunction(() => !location.hash.includes('similar='));
  });

  const giveImage = (how, bytes) =>
    visitor.page.evaluate(
      ([type, data]) => {
        const file = new File([Uint8Array.from(data)], `${type}.webp`, { type: 'image/webp' });
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
    await visitor.visit();
    const [first] = await visitor.shownIds();
    await giveImage('drop', await thumbnailOf(first));
    const found = visitor.page
      .waitForFunction(() => /best of/.test(document.querySelector('.status').textContent))
      .then(() => true);
    const refused = visitor.page
      .waitForSelector('.alert[data-code]:not([hidden])')
      .then(() => false);
    refused.catch(() => undefined);
    found.catch(() => undefined);
    if (!(await Promise.race([found, refused]))) {
      const code = await visitor.page.getAttribute('.alert', 'data-code');
      assert.equal(code, 'no_encoder');
      return t.skip('SKIPPED: the bundle carries no vision model');
    }
    assert.match(await visitor.page.textContent('.chip'), /drop\.webp/);
    assert.ok((await visitor.shownIds()).slice(0, 5).includes(first));
    await giveImage('paste', new TextEncoder().encode('no image'));
    await visitor.page.waitForSelector('.alert[data-code="invalid_argument"]:not([hidden])');
  });

  // The thumbnail's bytes by the package, for the page shows them only as pictures.
  async function thumbnailOf(imageId) {
    const { open, FileSource } = await loadPackage();
    const engine = await open(new FileSource(bundle));
    const [image] = await engine.get([imageId]);
    const blob = await engine.thumbnail(image.thumbnail);
    engine.close();
    return new Uint8Array(await blob.arrayBuffer());
  }

  test('a shared link shows the same', async () => {
    await visitor.visit();
    const text = await visitor.example(1);
    await visitor.page.selectOption('#count', '20');
    await visitor.page.waitForFunction(
      () => document.querySelectorAll('#results .card').length <= 20,
    );
    const ids = await visitor.shownIds();
    await visitor.page.locator('#results a').nth(2).click();
    await visitor.dialog().waitFor();
    const link = visitor.page.url();
    await visitor.openContext();
    await visitor.page.goto(link);
    await visitor.dialog().waitFor();
    await visitor.resultsFor(text);
    assert.deepEqual(await visitor.shownIds(), ids);
    const title = await visitor.dialog().locator('h2').textContent();
    assert.ok(title.startsWith(ids[2].slice(ids[2].lastIndexOf('/') + 1)), title);
  });

  test('going back returns to the search before', async () => {
    await visitor.visit();
    const first = await visitor.example(0);
    await visitor.example(1);
    await visitor.page.goBack();
    await visitor.resultsFor(first);
  });
});
