// `sightline build VECTORS.npy --model NAME`: a bundle of vectors that is searched by text.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { contentOf, json, output, program, run, temporaryFolder } from '../support/program.mjs';
import { writeNpy } from '../support/vectors.mjs';

const skip = !existsSync(program) && `SKIPPED: no ${program}; run npm run build`;
if (skip) console.error(skip);

const folder = temporaryFolder();
const at = (name) => join(folder, name);
const colours = ['red', 'blue', 'green', 'yellow', 'white', 'black'];
const things = ['car', 'van', 'truck', 'bus', 'bicycle', 'dog'];
const phrases = colours.flatMap((colour) => things.map((thing) => `a ${colour} ${thing}`));
const model = ['--model', 'streets-clip'];
const build = (...args) =>
  run('build', at('base.npy'), '--bundle-only', '--progress', 'none', ...args);
const built = (name, ...args) => {
  const { code, stderr } = build(...model, '--out', at(name), '--catalog', at('c.sqlite'), ...args);
  assert.equal(code, 0, stderr);
};

describe('vectors searched by text', { skip }, () => {
  // The vectors of phrases stand for those of images.
  let rows;
  before(() => {
    rows = phrases.map((text) => json('embed', ...model, '--text', text, '--json').embedding);
    writeNpy(at('base.npy'), Float32Array.from(rows.flat()), [rows.length, rows[0].length]);
    writeFileSync(at('asked.txt'), 'a dog\n\na red bus\n');
    const records = phrases.map((text) => JSON.stringify({ image_id: text }));
    writeFileSync(at('records.jsonl'), records.join('\n'));
    built('bundle', '--records', at('records.jsonl'), '--bank-phrases', '50');
  });

  test('a text finds its own row, by the encoder that the bundle carries', () => {
    for (const text of ['a red bus', 'a yellow dog', 'a black van']) {
      const { hits } = json('search', at('bundle'), text, '--k', '3', '--json');
      assert.equal(hits[0].image_id, text);
    }
    const kinds = Object.keys(json('inspect', at('bundle'), '--json').sizes);
    for (const kind of ['layer', 'phrases', 'examples']) assert.ok(kinds.includes(kind), kind);
    assert.ok(json('verify', at('bundle'), '--json').ok);
  });

  test('a text that means nothing finds nothing', () => {
    assert.deepEqual(json('search', at('bundle'), 'qwzx vvk zzt', '--json').hits, []);
    assert.match(output('search', at('bundle'), 'qwzx vvk zzt'), /nothing found that fits/);
  });

  test('queries in words fit codes and become phrases; threads change no byte', () => {
    const words = ['--queries', at('asked.txt'), '--phrases', at('asked.txt')];
    built('one', ...words, '--bank-phrases', '0', '--threads', '1');
    built('two', ...words, '--bank-phrases', '0', '--threads', '2');
    assert.equal(contentOf(at('one')), contentOf(at('two')));
    assert.notEqual(contentOf(at('one')), contentOf(at('bundle')));
  });

  test('rows that come later are found by text too', () => {
    const write = (count) => {
      writeNpy(at('some.npy'), Float32Array.from(rows.slice(0, count).flat()), [count, 256]);
      const records = phrases.slice(0, count).map((text) => JSON.stringify({ image_id: text }));
      writeFileSync(at('some.jsonl'), records.join('\n'));
      const { code, stderr } = run(
        ...[
          'build',
          at('some.npy'),
          ...model,
          '--records',
          at('some.jsonl'),
          '--bank-phrases',
          '50',
        ],
        ...[
          '--bundle-only',
          '--out',
          at('grown'),
          '--catalog',
          at('c.sqlite'),
          '--progress',
          'plain',
        ],
      );
      assert.equal(code, 0, stderr);
      return stderr;
    };
    write(phrases.length - 4);
    assert.match(write(phrases.length), /4 added to the base's and 0 removed/);
    assert.match(write(phrases.length), / 0 files written/);
    const last = phrases.at(-1);
    assert.equal(json('search', at('grown'), last, '--k', '3', '--json').hits[0].image_id, last);
    assert.ok(json('verify', at('grown'), '--json').ok);
  });

  test('what cannot be is refused in one line, and nothing is written', () => {
    writeNpy(
      at('wide.npy'),
      Float32Array.from({ length: 60 }, (_, i) => i + 1),
      [4, 15],
    );
    const cases = [
      [build('--queries', at('asked.txt'), '--out', at('refused')), /name it with --model/],
      [build('--phrases', at('asked.txt'), '--out', at('refused')), /name it with --model/],
      [build('--model', 'no-such-model', '--out', at('refused')), /no-such-model/],
      [
        run('build', at('wide.npy'), ...model, '--bundle-only', '--out', at('refused')),
        /makes vectors of 256 dimensions, the file holds 15/,
      ],
    ];
    for (const [{ code, stderr }, message] of cases) {
      assert.notEqual(code, 0);
      assert.match(stderr, message);
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
    }
    assert.ok(!existsSync(at('refused')));
  });
});
