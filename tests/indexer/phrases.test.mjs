// The phrase bank and the cut-off through the whole program.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import * as reader from '../format/read_bundle.mjs';
import {
  filesBelow,
  contentOf,
  missing,
  models,
  output,
  renderDrives,
  run,
  search,
  temporaryFolder,
} from '../support/program.mjs';

describe('phrases are answered from the bank', { skip: missing }, () => {
  const work = temporaryFolder();
  const at = (...parts) => join(work, ...parts);
  const bundle = at('bundle');
  const phrasesFile = at('phrases.txt');
  // Without a published text model, and with models that have none of its digest.
  const build = (out, ...options) =>
    run(
      ...['build', at('drives'), '--out', out, '--bundle-only', '--full'],
      ...['--catalog', at('catalog/catalog.sqlite'), ...models, '--progress', 'plain'],
      ...options,
    );

  before(() => {
    renderDrives(at('drives'), { seed: 7, count: 24, drives: 2 });
    writeFileSync(phrasesFile, 'a van beside two red cones\n\n  The Blue Bus at the corner. \n');
    const built = build(bundle, '--phrases', phrasesFile, '--bank-phrases', '300');
    assert.equal(built.code, 0, built.stderr);
    assert.match(built.stderr, /phrase bank +30\d \/ 30\d/);
  });

  const pages = (folder) => filesBelow(folder).filter((path) => path.endsWith('.phrases'));

  it('a phrase of the file finds what the model finds for it', () => {
    const without = at('no-bank');
    const built = build(without, '--bank-phrases', '0');
    assert.equal(built.code, 0, built.stderr);
    assert.deepEqual(pages(without), []);
    for (const text of ['a van beside two red cones', 'the blue bus at the corner', 'a car']) {
      const ids = (folder) => search(folder, text, '--k', '10').map((hit) => hit.image_id);
      const [banked, encoded] = [ids(bundle), ids(without)];
      const shared = encoded.filter((id) => banked.includes(id)).length;
      assert.ok(shared >= 9, `${text}: ${shared} of 10`);
    }
  });

  it('however it is written, it is the same phrase', () => {
    const answers = ['a red car', ' A  RED car.', 'a\tred car'].map((text) =>
      JSON.stringify(search(bundle, text)),
    );
    assert.equal(new Set(answers).size, 1);
  });

  it('the first answer of a phrase is what a search finds for it, none where nothing fits', () => {
    const opened = reader.openBundle(bundle);
    const ids = opened.records.map(({ imageId }) => imageId);
    let empty = 0;
    for (const phrase of [...opened.suggestions.slice(0, 30), 'a van beside two red cones']) {
      const first = reader.findFirstAnswer(opened, phrase).map((image) => ids[image]);
      const hits = search(bundle, phrase, '--k', '40').map((hit) => hit.image_id);
      assert.deepEqual(first, hits.slice(0, 16), phrase);
      if (hits.length === 0) ++empty;
    }
    assert.ok(empty < 30, 'something is found');
    assert.equal(reader.findFirstAnswer(opened, 'no phrase of any bank'), null);
  });

  it('a second build embeds no phrase again and writes the same bytes', () => {
    const again = build(at('again'), '--phrases', phrasesFile, '--bank-phrases', '300');
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /phrase bank +0 /);
    assert.equal(contentOf(at('again')), contentOf(bundle));
  });

  it('a damaged page is named, and phrases of the others still answer', () => {
    const damaged = at('damaged');
    const texts = ['a car', 'a bus', 'a dog', 'a red truck', 'a van', 'buses', 'a street'];
    let answered = 0;
    let refused = 0;
    for (const path of pages(bundle)) {
      cpSync(bundle, damaged, { recursive: true });
      const name = path.slice(bundle.length + 1);
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1] ^= 1;
      writeFileSync(join(damaged, name), bytes);
      const verified = run('verify', damaged);
      assert.equal(verified.code, 4);
      assert.ok(verified.stdout.includes(name), verified.stdout);
      for (const { code, stderr } of texts.map((text) => run('search', damaged, text))) {
        if (code === 0) ++answered;
        else ++refused;
        if (code !== 0) assert.ok(stderr.includes(name), stderr);
      }
    }
    // Every text once for its leaf and once for the directory.
    assert.equal(refused, 2 * texts.length);
    assert.ok(answered > 0);
  });

  it('nonsense finds nothing, unless everything is asked for', () => {
    for (const text of ['xqzvw plorf', 'income tax form', '12345 678']) {
      assert.deepEqual(search(bundle, text), [], text);
      assert.match(output('search', bundle, text), /^nothing found/);
      const all = search(bundle, text, '--all', '--k', '5');
      assert.equal(all.length, 5);
      for (const { relevance } of all) assert.ok(relevance >= 0 && relevance < 0.5);
    }
    const hits = search(bundle, 'a car in the street', '--k', '24');
    assert.ok(hits.length > 0);
    const relevances = hits.map(({ relevance }) => relevance);
    assert.deepEqual(
      relevances,
      [...relevances].sort((a, b) => b - a),
    );
    const like = search(bundle, '--similar', hits[0].image_id);
    assert.ok(like.every((hit) => !('relevance' in hit)));
  });

  it("a publisher's own list makes the phrases; the same list again writes nothing, another all", () => {
    const list = at('list.txt');
    const words = 'things:\nvan\ncolours:\nred\nconditions:\nat night\nplaces:\nin a park\n';
    const buildWithList = () => {
      const { code, stderr } = run(
        ...['build', at('drives'), '--out', at('listed'), '--bundle-only', ...models],
        ...[
          '--catalog',
          at('catalog/catalog.sqlite'),
          '--progress',
          'plain',
          '--phrase-list',
          list,
        ],
      );
      assert.equal(code, 0, stderr);
      return stderr;
    };
    writeFileSync(list, words);
    buildWithList();
    const { suggestions } = reader.openBundle(at('listed'));
    assert.ok(suggestions.includes('a red van at night'), suggestions.join(', '));
    assert.ok(!suggestions.some((phrase) => phrase.includes('rain')));
    assert.ok(reader.openBundle(bundle).suggestions.some((phrase) => phrase.includes('rain')));
    assert.match(buildWithList(), / 0 files written/);
    writeFileSync(list, words.replace('night', 'night\nin the rain'));
    assert.doesNotMatch(buildWithList(), / 0 files written/);
    assert.ok(reader.openBundle(at('listed')).suggestions.includes('a red van in the rain'));
  });

  it('a list that is none is refused in one line, before anything is embedded', () => {
    writeFileSync(at('bad.txt'), 'things:\ncar\nweather:\n');
    for (const [list, words] of [
      ['street', /there is no phrase list 'street'; give one of .*satellite.* or a file/],
      [at('bad.txt'), /bad\.txt, line 3: there is no section 'weather'; expected one of things, /],
    ]) {
      const { code, stderr } = build(at('refused'), '--phrase-list', list);
      assert.notEqual(code, 0);
      assert.match(stderr.trim().split('\n').at(-1), words);
    }
  });

  it('a file of phrases that is none is refused in one line', () => {
    writeFileSync(at('long.txt'), 'x'.repeat(1001));
    for (const [path, words] of [
      [at('none.txt'), /no such file|No such file/],
      [at('long.txt'), /a line of 1001 bytes, at most 1000/],
    ]) {
      const { code, stderr } = build(at('refused'), '--phrases', path);
      assert.notEqual(code, 0);
      assert.match(stderr.trim().split('\n').at(-1), words);
    }
  });

  it('no page is larger than about 16 kB', () => {
    const sizes = pages(bundle).map((path) => statSync(path).size);
    assert.ok(Math.max(...sizes) < 16_500, `${Math.max(...sizes)}`);
  });
});
