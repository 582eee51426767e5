// Texts read by the core, in WebAssembly and in the native program, beside ONNX Runtime.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { bundle, loadPackage, missing, runJson } from './demo_site.mjs';
import { embedNatively, thousandTexts as texts } from './thousand_texts.mjs';

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

describe('the packed text encoder', { skip: missing }, () => {
  let open, FileSource, packed, ort;
  before(async () => {
    ({ open, FileSource } = await loadPackage());
    packed = await open(new FileSource(bundle));
    ort = await open(new FileSource(bundle), { encoder: 'ort' });
  });

  test('gives the same bytes as the native program for 1,000 texts', async () => {
    assert.equal(texts.length, 1000);
    const native = embedNatively(texts);
    let equal = 0;
    for (const [index, text] of texts.entries()) {
      const found = await packed.embed({ text });
      if (Buffer.compare(Buffer.from(found.buffer), Buffer.from(native[index].buffer)) === 0) {
        equal += 1;
      }
    }
    assert.equal(equal, 1000);
  });

  test('comes near to ONNX Runtime and finds the same images', async (t) => {
    const phrases = texts.filter((_, index) => index % 5 === 0);
    let cosine = 0;
    let overlap = 0;
    for (const text of phrases) {
      // Of texts that fit nothing too.
      const query = { text, k: 10, showAll: true };
      cosine += dot(await packed.embed({ text }), await ort.embed({ text })) / phrases.length;
      const found = new Set((await packed.search(query)).hits.map((hit) => hit.imageId));
      const { hits } = await ort.search(query);
      overlap += hits.filter((hit) => found.has(hit.imageId)).length / 10 / phrases.length;
    }
    t.diagnostic(`${phrases.length} texts: mean cosine ${cosine}, top-10 overlap ${overlap}`);
    assert.ok(cosine >= 0.995);
    assert.ok(overlap >= 0.95);
  });

  test('a query finds with the same similarities in the program', async () => {
    for (const text of ['a red bus at night', 'snow', 'two people and a white car']) {
      const { hits } = await packed.search({ text, k: 10 });
      const native = runJson('search', bundle, text, '--k', '10', '--json').hits;
      assert.deepEqual(
        hits.map(({ imageId, similarity }) => [imageId, similarity]),
        native.map((hit) => [hit.image_id, hit.similarity]),
      );
    }
  });

  test('an interrupted load goes on with what is missing', async () => {
    const source = new FileSource(bundle);
    const asked = [];
    const got = new Set();
    let layersLeft = 2;
    const flaky = {
      name: 'flaky',
      async get(name, options) {
        asked.push(name);
        if (name.endsWith('.layer') && layersLeft-- <= 0) throw new Error('no network');
        const bytes = await source.get(name, options);
        got.add(name);
        return bytes;
      },
    };
    const engine = await open(flaky);
    await engine.ready;
    await assert.rejects(engine.warm('text'));
    layersLeft = Infinity;
    const before = [...got].filter((name) => name.endsWith('.layer'));
    const askedBefore = asked.length;
    const embedding = await engine.embed({ text: 'a red bus' });
    assert.deepEqual(embedding, await packed.embed({ text: 'a red bus' }));
    assert.equal(before.length, 2);
    assert.ok(!asked.slice(askedBefore).some((name) => before.includes(name)));
    const chunks = asked.filter((name) => name.endsWith('.tokens'));
    assert.ok(chunks.length <= 6, `${chunks.length} pieces of the token table`);
    assert.ok(!asked.some((name) => name.endsWith('.model')));
    engine.close();
  });

  test('a text fetches every layer once, and its tokens beside them', async () => {
    const source = new FileSource(bundle);
    const asked = [];
    const engine = await open({
      name: 'counting',
      async get(name, options) {
        asked.push(name);
        // Layers take longer than the rows of the tokens.
        if (name.endsWith('.layer')) await new Promise((resolve) => setTimeout(resolve, 200));
        return source.get(name, options);
      },
    });
    await engine.embed({ text: 'a red bus' });
    const layers = asked.filter((name) => name.endsWith('.layer'));
    assert.ok(layers.length > 2);
    assert.equal(new Set(layers).size, layers.length);
    engine.close();
  });

  test('a damaged layer is refused by name', async () => {
    const source = new FileSource(bundle);
    const engine = await open({
      name: 'damaged',
      async get(name, options) {
        const bytes = Uint8Array.from(await source.get(name, options));
        if (name.endsWith('.layer')) bytes[bytes.length >> 1] ^= 1;
        return bytes;
      },
    });
    await assert.rejects(engine.embed({ text: 'a red bus' }), /^.*objects\/.*\.layer: .*$/);
    engine.close();
  });

  test('a site says how large what a text needs is', async () => {
    const [{ encoderBytes }] = packed.bundles;
    const [{ encoderBytes: whole }] = ort.bundles;
    assert.ok(encoderBytes.text > 0 && encoderBytes.text < whole.text / 3);
  });
});
