// The HTTP source against hosts that `sightline serve --hostile` imitates: the right answer, or an
// error with a name.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { bundle, loadPackage, missing, serve, site } from './demo_site.mjs';

describe('hosts', { skip: missing }, () => {
  let sightline;
  let expected;

  before(async () => {
    sightline = await loadPackage();
    expected = await answer(new sightline.FileSource(bundle));
  });

  async function answer(source) {
    const engine = await sightline.open(source);
    try {
      const { hits } = await engine.search({ text: engine.bundles[0].examples[0], k: 10 });
      const thumbnails = await Promise.all(
        hits.map(async ({ thumbnail }) => (await engine.thumbnail(thumbnail)).size),
      );
      return hits.map(({ imageId }, index) => [imageId, thumbnails[index]]);
    } finally {
      engine.close();
    }
  }

  for (const kind of ['gzip', 'mime', 'redirect', 'flaky-503', 'no-cors']) {
    test(`${kind}: the right answer`, async () => {
      const host = await serve(site, '--hostile', kind);
      try {
        assert.deepEqual(await answer(host.address), expected);
      } finally {
        await host.stop();
      }
    });
  }

  for (const [kind, ...codes] of [
    ['404-body', 'not_found'],
    ['truncate', 'network', 'corrupt'],
    ['short', 'corrupt'],
    ['html-200', 'corrupt'],
    ['stale', 'corrupt'],
    ['offline', 'network'],
    ['bitflip', 'corrupt'],
  ]) {
    test(`${kind}: a named error`, async () => {
      const host = await serve(site, '--hostile', kind);
      try {
        await assert.rejects(answer(host.address), (error) => {
          assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
          assert.match(error.message, /objects\/|\.json/);
          return true;
        });
      } finally {
        await host.stop();
      }
    });
  }

  test('a site, a bundle and a manifest are all taken as addresses', async () => {
    const host = await serve(site);
    try {
      for (const path of ['', 'bundle', 'bundle/', 'bundle/manifest.json']) {
        assert.deepEqual(await answer(host.address + path), expected, path);
      }
      await assert.rejects(answer(`${host.address}assets/`), { code: 'not_found' });
    } finally {
      await host.stop();
    }
  });

  test('a base path works', async () => {
    const host = await serve(site, '--base-path', '/docs/demo/');
    try {
      assert.match(host.address, /\/docs\/demo\/$/);
      assert.deepEqual(await answer(host.address), expected);
    } finally {
      await host.stop();
    }
  });
});

describe('HttpSource', { skip: missing }, () => {
  let sightline;
  let server;
  let address;
  let respond;
  let active = 0;
  let mostActive = 0;

  before(async () => {
    sightline = await loadPackage();
    server = createServer((request, response) => {
      active += 1;
      mostActive = Math.max(mostActive, active);
      response.on('close', () => (active -= 1));
      respond(request, response);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${server.address().port}/`;
  });
  after(() => server?.close());

  test('gives up after three attempts', async () => {
    let attempts = 0;
    respond = (_, response) => {
      attempts += 1;
      response.writeHead(500).end('no');
    };
    const source = new sightline.HttpSource(address);
    await assert.rejects(source.get('objects/x.codes'), { code: 'network' });
    assert.equal(attempts, 3);
  });

  test('does not ask again for what is not there', async () => {
    let attempts = 0;
    respond = (_, response) => {
      attempts += 1;
      response.writeHead(404).end('no');
    };
    const source = new sightline.HttpSource(address);
    await assert.rejects(source.get('objects/x.codes'), { code: 'not_found' });
    assert.equal(attempts, 1);
  });

  test('reads no more than was promised', async () => {
    respond = (_, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(65536)), 1);
      response.on('close', () => clearInterval(timer));
    };
    const source = new sightline.HttpSource(address, { attempts: 1 });
    await assert.rejects(source.get('objects/x.codes', { expectedBytes: 1000 }), {
      code: 'corrupt',
    });
  });

  test('asks for at most six files at a time', async () => {
    mostActive = 0;
    respond = (_, response) => setTimeout(() => response.end('ok'), 20);
    const source = new sightline.HttpSource(address);
    await Promise.all(Array.from({ length: 30 }, (_, i) => source.get(`objects/${i}.codes`)));
    assert.equal(mostActive, 6);
  });

  test('an abort ends a download at once, also one that waits its turn', async () => {
    respond = () => undefined;
    const source = new sightline.HttpSource(address);
    const controller = new AbortController();
    const { signal } = controller;
    const gets = Array.from({ length: 8 }, (_, i) => source.get(`objects/${i}`, { signal }));
    setTimeout(() => controller.abort(), 20);
    for (const { status, reason } of await Promise.allSettled(gets)) {
      assert.equal(status, 'rejected');
      assert.equal(reason.name, 'AbortError');
    }
    server.closeAllConnections();
    respond = (_, response) => response.end('ok');
    assert.equal((await source.get('objects/after')).byteLength, 2);
  });
});
