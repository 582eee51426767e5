// Embeddings by ONNX Runtime in WebAssembly against those of the native program.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { bundle, importTypeScript, loadPackage, missing, runJson } from './demo_site.mjs';

const texts = [
  'a red bus at night',
  'snow',
  '',
  'Ünïcode, naïve café — 日本語 🚌',
  'people crossing the street in the rain '.repeat(20),
];

describe('encoders', { skip: missing }, () => {
  let engine;
  before(async () => {
    const { open, FileSource } = await loadPackage();
    engine = await open(new FileSource(bundle));
  });

  test('a text finds each image with the similarity that the program gives it', async (t) => {
    const [{ encoderBytes }] = engine.bundles;
    if (encoderBytes.text === 0) return t.skip('SKIPPED: the bundle carries no text model');
    for (const text of texts.filter(Boolean)) {
      const { hits } = await engine.search({ text, k: 10 });
      const native = runJson('search', bundle, text, '--k', '10', '--json').hits;
      assert.deepEqual(
        hits.map(({ imageId }) => imageId),
        native.map((hit) => hit.image_id),
      );
      hits.forEach(({ similarity }, index) =>
        assert.ok(Math.abs(similarity - native[index].similarity) < 1e-3),
      );
    }
  });

  test('pixels of an image of the bundle find that image first', async (t) => {
    const [{ encoderBytes }] = engine.bundles;
    if (encoderBytes.vision === 0) return t.skip('SKIPPED: the bundle carries no vision model');
    const widthPx = 90;
    const heightPx = 60;
    const rgb = Uint8Array.from({ length: widthPx * heightPx * 3 }, (_, i) => (i * 7) % 256);
    const { hits } = await engine.searchByImage({ widthPx, heightPx, rgb }, { k: 5 });
    assert.equal(hits.length, 5);
  });
});

describe('squareAround', () => {
  test('is a square that holds the box, inside the image where it fits', async () => {
    const { squareAround } = await importTypeScript('web/encoder/decode_image.ts');
    assert.deepEqual(squareAround([10, 10, 30, 20], 100, 100), [9, 4, 31, 26]);
    assert.deepEqual(squareAround([0, 0, 50, 10], 100, 40), [0, 0, 55, 40]);
    assert.deepEqual(squareAround([90, 90, 100, 100], 100, 100), [89, 89, 100, 100]);
  });
});
