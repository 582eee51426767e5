// The page of a bundle of vectors: searched by text, its originals shown where it has no thumbnails.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
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
});
