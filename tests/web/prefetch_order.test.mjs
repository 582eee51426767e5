// What is fetched ahead of any search gives way to the pictures that a visitor looks at.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { json, run } from '../support/program.mjs';
import { clusteredVectors, writeNpy } from '../support/vectors.mjs';
import { loadPackage, missing } from './demo_site.mjs';

const [rows, dim, pictureCount] = [3000, 64, 12];
const address = 'http://bundle.invalid/bundle/';

describe('cells that are fetched ahead', { skip: missing }, () => {
  let folder;
  let open;
  let engine;
  let asked = [];
  let held = [];
  const realFetch = globalThis.fetch;

  // Pictures are on their way until they are let through, all else for a moment.
  async function fakeFetch(url, { priority, signal } = {}) {
    const name = String(url).slice(address.length);
    asked.push({ name, priority });
    if (name.endsWith('.webp')) {
      await new Promise((resolve, reject) => {
        held.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
      return new Response(null, { status: 404 });
    }
    await delay(10);
    return new Response(readFileSync(join(folder, 'bundle', name)));
  }
  const cellsAsked = () => asked.filter(({ name }) => name.endsWith('.cell'));
  const until = async (isTrue) => {
    while (!isTrue()) await delay(2);
  };

  const query = (seed) => clusteredVectors({ rows: 1, dim, seed });
  // An object that is not there does as a picture: it is asked for like one.
  function picture(number) {
    const sha256 = String(number).padStart(64, '0');
    const name = `objects/00/${sha256}.webp`;
    const object = { name, kind: 8, compression: 0, storedBytes: 9, rawBytes: 9, sha256 };
    return engine.thumbnail({ bundle: 0, object, offset: 0, bytes: 9 }).catch(() => null);
  }

  let cellCount;
  let opened;
  // Up to where the first cell is fetched ahead.
  async function begin() {
    asked = [];
    held = [];
    engine = await open(address);
    await engine.search({ vector: query(2), k: 10 });
    opened = cellsAsked().length;
    assert.ok(cellsAsked().every(({ priority }) => priority === 'auto'));
    await until(() => cellsAsked().length > opened);
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-ahead-'));
    writeNpy(join(folder, 'base.npy'), clusteredVectors({ rows, dim }), [rows, dim]);
    const built = run(
      ...['build', join(folder, 'base.npy'), '--out', join(folder, 'bundle')],
      ...['--bundle-only', '--graph', 'off', '--progress', 'none'],
    );
    assert.equal(built.code, 0, built.stderr);
    cellCount = json('inspect', join(folder, 'bundle'), '--json').indexes[0].cells;
    globalThis.fetch = fakeFetch;
    ({ open } = await loadPackage());
  });
  afterEach(() => engine?.close());
  after(() => {
    globalThis.fetch = realFetch;
    if (folder) rmSync(folder, { recursive: true });
  });

  test('wait for pictures, and go on after them', async () => {
    await begin();
    const pictures = Array.from({ length: pictureCount }, (_, number) => picture(number));
    await until(() => held.length > 0);
    const before = cellsAsked().length;
    assert.ok(before + 4 < cellCount);
    for (let shown = 0; shown < pictureCount; ++shown) {
      await delay(20);
      // Beside those that were under way when the first picture was asked for, none.
      assert.ok(cellsAsked().length <= before + 4);
      await until(() => held.length > shown);
      held[shown]();
    }
    await Promise.all(pictures);
    await until(() => cellsAsked().length === cellCount);
    const ahead = cellsAsked().slice(opened);
    assert.ok(ahead.every(({ priority }) => priority === 'low'));
  });

  test('wait no longer where a search asks for them', async () => {
    await begin();
    const shown = picture(0);
    await until(() => held.length > 0);
    // Then those that were under way are there, and the next ones wait for the picture.
    await delay(100);
    // All cells are needed, those that wait among them.
    const asking = engine.search({ vector: query(9), k: 10, path: 'exact' });
    const { hits } = await Promise.race([asking, delay(5000, { hits: [] })]);
    assert.equal(hits.length, 10);
    assert.equal(cellsAsked().length, cellCount);
    held[0]();
    await shown;
  });
});
