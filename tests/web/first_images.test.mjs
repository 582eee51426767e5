// Images shown before the index is there: nobody waits for them, so nothing of theirs may fail aloud.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importTypeScript } from './demo_site.mjs';

const { showFirstImages } = await importTypeScript('web/engine/first_images.ts');

const fails = () => {
  throw new Error('out of memory');
};
const session = (overrides) => ({
  isPaged: false,
  isReady: false,
  root: { imageCount: 1 },
  core: { splitConjunction: (text) => [text] },
  bank: { firstImages: async () => null },
  ...overrides,
});
const show = (shown) => {
  const parts = { options: {}, startedAt: 0, standing: { standIn: null, needsEncoder: false } };
  return showFirstImages([shown], 'a red car', parts, new AbortController().signal, assert.fail);
};

test('a core that fails leaves the answer to the search itself', async () => {
  assert.equal(await show(session({ core: { splitConjunction: fails } })), false);
  assert.equal(await show(session({ bank: { firstImages: fails } })), false);
  const closed = session({});
  Object.defineProperty(closed, 'isReady', { get: fails });
  assert.equal(await show(closed), false);
});

test('a phrase of which the bank knows no images shows none', async () => {
  assert.equal(await show(session({})), false);
});
