// The page of a bundle of vectors: searched by text or only by its images, its originals shown where it
// has no thumbnails.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run } from '../support/program.mjs';
import { root, serve, site } from '../web/demo_site.mjs';
import { cannotVisit, chromiumVisitor } from './chromium_visitor.mjs';

const demo = join(root, 'build/demo');
const drivesOf = (folder) =>
  join(
    folder,
    readdirSync(folder).find((name) => name.startsWith('streets-')),
    'streets',
  );

describe('the page of vectors in Chromium', { skip: cannotVisit }, () => {
  const visitor = chromiumVisitor();
  let folder;
  let host;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-vectors-'));
    const at = (name) => join(folder, name);
    const exported = run('export', site, '--out', at('export'));
    assert.equal(exported.code, 0, exported.stderr);
    const built = run(
      ...['build', at('export/embeddings.npy'), '--records', at('export/metadata.jsonl')],
      ...['--model', 'streets-clip', '--out', at('site'), '--catalog', at('catalog.sqlite')],
      ...['--media-base-url', 'media/', '--bank-phrases', '200', '--progress', 'none'],
    );
    assert.equal(built.code, 0, built.stderr);
    cpSync(drivesOf(demo), at('site/bundle/media'), { recursive: true });
    host = await serve(at('site'));
  });
  after(async () => {
    await host?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  const isShown = (image) => image.complete && image.naturalWidth > 0;

  test('a typed text is answered, and pictures are the originals', async () => {
    await visitor.page.goto(`${host.address}#q=snow`);
    await visitor.resultsFor('snow');
    await visitor.page.waitForFunction(
      () => document.querySelector('#results .card img')?.naturalWidth > 0,
    );
    const first = visitor.page.locator('#results .card img').first();
    assert.match(await first.getAttribute('src'), /^http.*\/bundle\/media\/.*\.(jpg|png)$/);
    assert.ok(await first.evaluate(isShown));
  });

  test('an original that is not there leaves a plain field', async () => {
    await visitor.page.route('**/media/**', (route) => route.abort());
    await visitor.page.goto(`${host.address}#q=snow`);
    await visitor.resultsFor('snow');
    await visitor.page.waitForSelector('#results .card img.missing');
    visitor.forgive();
  });

  describe('with records of ids and addresses alone, and without a model', () => {
    let bareHost;

    before(async () => {
      const at = (name) => join(folder, name);
      const records = readFileSync(at('export/metadata.jsonl'), 'utf8').trimEnd().split('\n');
      const bare = records.map((line, row) => {
        const { image_id, path } = JSON.parse(line);
        return JSON.stringify({
          image_id,
          media_url: `media/${path}`,
          drive: `drive ${row % 8}`,
          year: 1990 + (row % 30),
        });
      });
      writeFileSync(at('bare.jsonl'), bare.join('\n'));
      const built = run(
        ...['build', at('export/embeddings.npy'), '--records', at('bare.jsonl')],
        ...['--out', at('bare'), '--catalog', at('bare.sqlite'), '--progress', 'none'],
      );
      assert.equal(built.code, 0, built.stderr);
      cpSync(at('site/bundle/media'), at('bare/bundle/media'), { recursive: true });
      bareHost = await serve(at('bare'));
    });
    after(() => bareHost?.stop());

    test('pictures keep their shape, large ones have their place and a name', async () => {
      const { page } = visitor;
      await page.goto(bareHost.address);
      await page.waitForFunction(
        () => document.querySelector('#results .card img')?.naturalWidth > 0,
      );
      const card = page.locator('#results .card').first();
      const fit = await card.locator('img').evaluate((image) => getComputedStyle(image).objectFit);
      assert.equal(fit, 'cover');
      const name = await card.locator('.name').textContent();
      assert.notEqual(name, '');
      await card.locator('a').click();
      await page.waitForFunction(
        () => document.querySelector('dialog.lightbox[open] .picture')?.naturalWidth > 0,
      );
      const shape = await visitor.dialog().evaluate((dialog) => {
        const { naturalWidth, naturalHeight } = dialog.querySelector('.picture');
        const { width, height } = dialog.querySelector('.picture').getBoundingClientRect();
        return { width, shown: width / height, natural: naturalWidth / naturalHeight };
      });
      assert.ok(shape.width > 300, JSON.stringify(shape));
      assert.ok(Math.abs(shape.shown - shape.natural) < 0.01, JSON.stringify(shape));
      assert.equal(await visitor.dialog().locator('h2').textContent(), name);
      assert.doesNotMatch(await visitor.dialog().locator('.facts').textContent(), /0 × 0/);
    });

    test('a link that asks in words says that it cannot, and shows what can be done', async () => {
      const { page } = visitor;
      await page.goto(`${bareHost.address}#q=red+car&f=year>=2010`);
      const notice = page.locator('.stand-in');
      await notice.waitFor();
      assert.match(await notice.textContent(), /cannot be asked in words.*red car.*filter/);
      assert.ok(await page.locator('.alert').isHidden());
      await page.waitForSelector('#results .card');
      await page.waitForFunction(() =>
        /^40 of \d+ images$/.test(document.querySelector('.status').textContent),
      );
      assert.deepEqual(await visitor.breachesOfAxe(), []);
      await notice.getByRole('button', { name: 'Clear the search' }).click();
      await notice.waitFor({ state: 'hidden' });
      assert.match(page.url(), /#f=/);
    });

    test('years are narrowed by a range; the columns are not fetched to tell it', async () => {
      const { page } = visitor;
      const columns = [];
      page.on('request', (request) => {
        if (request.url().endsWith('.columns')) columns.push(request.url());
      });
      await page.goto(bareHost.address);
      const year = page.getByRole('group', { name: 'Year' });
      const from = year.getByRole('spinbutton', { name: 'From' });
      await from.waitFor();
      assert.equal(await from.getAttribute('placeholder'), '1990');
      const to = year.getByRole('spinbutton', { name: 'To' });
      assert.equal(await to.getAttribute('placeholder'), '2019');
      const told = columns.length;
      const all = Number((await page.textContent('.status')).match(/of ([\d,]+)/)[1]);
      await from.fill('2010');
      await from.press('Enter');
      const count = new Intl.NumberFormat('en').format(all / 3);
      await page.waitForFunction(
        (wanted) => document.querySelector('.status').textContent.includes(`of ${wanted} `),
        count,
      );
      assert.equal(told, 0);
      assert.deepEqual(await visitor.breachesOfAxe(), []);
    });

    test('an image in no sequence is looked at without a fetch for those around it', async () => {
      const { page } = visitor;
      const large = [];
      page.on('request', (request) => {
        if (/\.(columns|ids)$/.test(request.url())) large.push(request.url());
      });
      await page.goto(bareHost.address);
      await page.locator('#results .card a').first().click();
      await page.waitForFunction(
        () => document.querySelector('dialog.lightbox[open] .picture')?.naturalWidth > 0,
      );
      await page.waitForTimeout(300);
      assert.deepEqual(large, []);
      assert.ok(await visitor.dialog().locator('.filmstrip').isHidden());
    });

    test('offers nothing that there is not: no boxes, no texts, no image files', async () => {
      const { page } = visitor;
      await page.goto(bareHost.address);
      await page.waitForSelector('#results .card');
      assert.ok(await page.locator('#query').isDisabled());
      assert.equal(await page.getByRole('button', { name: 'Boxes' }).count(), 0);
      assert.equal(await page.getByRole('button', { name: 'Search by an image file' }).count(), 0);
      assert.deepEqual(await visitor.breachesOfAxe(), []);
      await page.locator('#results .card a').first().click();
      assert.equal(await visitor.dialog().getByRole('button', { name: 'Boxes' }).count(), 0);
      await visitor.dialog().getByRole('button', { name: 'Find similar' }).click();
      await page.waitForSelector('.search.by-image');
      await page.waitForFunction(() =>
        /best of/.test(document.querySelector('.status').textContent),
      );
    });
  });
});
