// Holds native/FORMAT.md to its word: a reader that knows only the document finds what the core finds.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FormatError } from './byte_cursor.mjs';
import * as reader from './read_bundle.mjs';
import { clusteredVectors, writeNpy } from '../support/vectors.mjs';
import { joinColumns } from './cell_deltas.mjs';
import { facetFilter } from './paged_facets.mjs';
import { searchPaged } from './paged_index.mjs';
import { decodeRow, searchBundle } from './search_bundle.mjs';
import * as encoder from './text_encoder.mjs';

const root = join(fileURLToPath(import.meta.url), '../../..');
const fixtures = join(root, 'tests/fixtures/bundle');
const golden = join(fixtures, 'golden');
const site = process.env.SIGHTLINE_TEST_SITE ?? join(root, 'build/demo/site');
const program = join(root, 'build/bin/sightline');
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

const skipProgram = !existsSync(program) && `SKIPPED: no ${program}; run npm run build`;
const skipSite =
  skipProgram ||
  (!existsSync(join(site, 'bundle/manifest.json')) &&
    `SKIPPED: no demo site at ${site}; run npm run demo -- --no-serve`);
for (const reason of new Set([skipProgram, skipSite])) if (reason) console.error(reason);

test('the golden bundle holds what its makers put in', () => {
  const bundle = reader.openBundle(golden);
  assert.equal(bundle.title, 'small');
  assert.deepEqual(bundle.datasets, [{ slug: 'small', licence: 'CC0', mediaBaseUrl: 'images/' }]);
  assert.deepEqual(bundle.classNames, ['car', 'dog']);
  assert.deepEqual(bundle.quality, { recall_at_10: 1 });
  assert.equal(bundle.records.length, 12);
  bundle.records.forEach((record, image) => {
    assert.equal(record.imageId, `small/${image}.jpg`);
    assert.deepEqual(bundle.ids.find(record.imageId), [image]);
    assert.equal(record.timestampS, 1000 + image);
    assert.ok(Number.isNaN(record.latitudeDeg));
    assert.equal(record.detections.length, image % 2 === 0 ? 1 : 0);
  });
  const [sequence, timestamp, classes] = bundle.columns;
  assert.deepEqual(sequence.codes.slice(0, 4), [0, 1, 2, 0]);
  assert.equal(timestamp.numbers[11], 1011);
  assert.deepEqual(classes.tags[10], [
    [0, 3],
    [1, 1],
  ]);
  assert.equal(bundle.examples[0].text, 'a car');
  for (const { graph, rowCount } of bundle.indexes) {
    graph.links.forEach(([base], row) => assert.equal(base[0], (row + 1) % rowCount));
  }
});

test('exact search of the golden bundle gives the ids and similarities of the core', () => {
  const bundle = reader.openBundle(golden);
  for (const { name, kind, embedding, hits } of readJson(join(fixtures, 'golden_answers.json'))) {
    const query = embedding.map(Math.fround);
    const found = searchBundle(bundle, query, { kind, k: 5 }).map(
      ({ image, similarity, view }) => ({
        ...{ image, similarity },
        ...{ view_kind: view.kind, box_xyxy_px: view.box },
      }),
    );
    assert.deepEqual(found, hits, name);
  }
});

test('what the core refuses is refused, what it accepts is accepted', () => {
  const parsers = {
    root: (bytes) => reader.parseRoot(bytes),
    graph: (bytes) => reader.parseGraph(bytes, 12),
    views: (bytes) => reader.parseViews(bytes, 12, 12),
    columns: (bytes) => reader.parseColumns(bytes, 12),
    records: (bytes) => reader.parseRecords(bytes),
    ids: (bytes) => reader.parseImageIds(bytes, 12),
    examples: (bytes) => reader.parseExamples(bytes, 16),
    parameters: (bytes) => reader.parseCodeParameters(bytes, 16),
  };
  const lines = readFileSync(join(fixtures, 'refusals.tsv'), 'utf8').trimEnd().split('\n');
  assert.ok(lines.length >= 38);
  for (const line of lines) {
    const [path, code] = line.split('\t');
    const parse = () => parsers[path.split('.').pop()](readFileSync(join(fixtures, path)));
    if (code === 'ok') assert.doesNotThrow(parse, path);
    else assert.throws(parse, FormatError, path);
  }
});

test('a damaged, a short and a swapped object are refused by their names', () => {
  const ref = reader.parseManifest(readFileSync(join(golden, 'manifest.json')));
  const stored = readFileSync(join(golden, reader.objectName(ref)));
  const damaged = Buffer.from(stored);
  damaged[100] ^= 1;
  assert.throws(() => reader.unpackObject(ref, damaged), /^Error: objects\/.*: another hash$/);
  assert.throws(() => reader.unpackObject(ref, stored.subarray(1)), /^Error: objects\/.* bytes$/);
  assert.throws(() => reader.unpackObject({ ...ref, rawBytes: 7 }, stored), /uncompressed$/);
});

const noManifest = 'manifest.json: this is no Sightline manifest; is the address right?';
const badRoot = "manifest.json: 'root' lacks a valid compression, size or sha256";
// Path → exit status of the program and what it says.
const manifests = {
  'corrupt/manifest_not_json.json': [4, noManifest],
  'corrupt/manifest_other_format.json': [4, noManifest],
  'corrupt/manifest_no_root.json': [4, "manifest.json: no 'root'"],
  'corrupt/manifest_huge_root.json': [4, badRoot],
  'corrupt/manifest_bad_hash.json': [4, badRoot],
  'future/manifest_major_2.json': [
    1,
    'manifest.json: format version 2.0, this program knows version 1; use a newer Sightline',
  ],
  'future/manifest_minor_7.json': [0, null],
};

for (const [path, [expectedStatus, message]] of Object.entries(manifests)) {
  const outcome = message === null ? 'opens' : 'is refused in one line';
  test(`a bundle with ${path} ${outcome}`, { skip: skipProgram }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-'));
    try {
      cpSync(golden, folder, { recursive: true });
      cpSync(join(fixtures, path), join(folder, 'manifest.json'));
      const { status, stderr } = spawnSync(program, ['inspect', folder], { encoding: 'utf8' });
      assert.equal(stderr, message === null ? '' : `sightline: ${message}\n`);
      assert.equal(status, expectedStatus);
      if (message === null) reader.openBundle(folder);
      else assert.throws(() => reader.openBundle(folder), FormatError);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test('the demo site gives the hits of sightline search to the last bit', { skip: skipSite }, () => {
  const bundle = reader.openBundle(join(site, 'bundle'));
  const [images] = bundle.indexes;
  for (const share of [0.1, 0.5, 0.9]) {
    const image = Math.floor(bundle.imageCount * share);
    const { imageId } = bundle.records[image];
    const options = ['--similar', imageId, '--k', '10', '--path', 'exact', '--json'];
    const { stdout, stderr } = spawnSync(program, ['search', site, ...options], {
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    const row = images.views.findIndex((view) => view.image === image && view.kind === 0);
    const query = decodeRow(images, row);
    const found = searchBundle(bundle, query, { kind: 'image', k: 10, excluded: image }).map(
      (hit) => [bundle.records[hit.image].imageId, hit.similarity, hit.view.box],
    );
    const hits = JSON.parse(stdout).hits.map((hit) => [
      ...[hit.image_id, hit.similarity, hit.view.box_xyxy_px],
    ]);
    assert.deepEqual(found, hits);
  }
});

test('the demo site carries what the document says', { skip: skipSite }, () => {
  const bundle = reader.openBundle(join(site, 'bundle'));
  assert.equal(bundle.tokenizer?.contextLength, bundle.model.contextLength);
  for (const { parts, byteCount } of bundle.model.files.filter(({ parts }) => parts.length > 0)) {
    assert.equal(bundle.readPayload(parts).length, byteCount);
  }
  for (const { embedding } of bundle.examples) {
    const length = Math.hypot(...embedding);
    assert.ok(Math.abs(length - 1) < 1e-4, `an example of length ${length}`);
  }
  assert.ok(bundle.suggestions.length > 100);
  for (const { text, embedding } of bundle.examples) {
    assert.deepEqual(reader.findPhrase(bundle, text), embedding, text);
  }
  for (const phrase of bundle.suggestions.slice(0, 20)) {
    assert.ok(reader.findPhrase(bundle, phrase), phrase);
  }
  assert.equal(reader.findPhrase(bundle, 'no phrase of any bank'), null);
  const { fittingQuantiles, nonsenseQuantiles } = bundle.relevance;
  for (const quantiles of [fittingQuantiles, nonsenseQuantiles]) {
    assert.deepEqual(
      quantiles,
      [...quantiles].sort((a, b) => a - b),
    );
  }
  const { thumbnail } = bundle.records[0];
  const webp = bundle
    .readPayload([thumbnail.ref])
    .subarray(thumbnail.offset, thumbnail.offset + thumbnail.byteCount);
  const name = (start) => String.fromCharCode(...webp.subarray(start, start + 4));
  assert.deepEqual([name(0), name(8), webp.readUInt32LE(4)], ['RIFF', 'WEBP', webp.length - 8]);
});

test('texts get the embedding of the program to the last bit', { skip: skipSite }, (t) => {
  const bundle = reader.openBundle(join(site, 'bundle'));
  const shape = bundle.textEncoder;
  if (!shape) return t.skip('SKIPPED: the site has no packed text encoder');
  const read = (ref) => bundle.readPayload([ref]);
  const ends = encoder.parseEnds(read(shape.ends), shape);
  const layers = shape.layers.map((ref) => encoder.parseLayer(read(ref), shape));
  const chunks = reader.parseTokenDirectory(read(shape.directory), shape);
  const token = (id) => {
    const chunk = Math.floor(id / shape.tokensPerChunk);
    const first = chunk * shape.tokensPerChunk;
    const count = Math.min(shape.tokensPerChunk, shape.tokenCount - first);
    return encoder.readToken(read(chunks[chunk]), count, id - first, shape.width);
  };
  const model = process.env.SIGHTLINE_TEST_MODEL ?? 'streets-clip';
  const ask = (...args) => {
    const { stdout, stderr } = spawnSync(program, [...args, '--model', model, '--json'], {
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    return JSON.parse(stdout);
  };
  for (const text of ['snow', 'a red bus at night, seen from behind', 'Ünlü 日本']) {
    const { ids } = ask('tokenize', text);
    const meaningful = ids.slice(0, ids.indexOf(shape.endId) + 1);
    const found = encoder.embed(shape, ends, layers, meaningful.map(token));
    const { embedding } = ask('embed', '--encoder', 'packed', '--text', text);
    assert.deepEqual(found, Float32Array.from(embedding), text);
  }
});

describe('a paged bundle', { skip: skipProgram }, () => {
  // More components than the root holds.
  const [rows, dim] = [2000, 256];
  const added = 150;
  // Unlike the rows, as texts are: the farther from the next cluster, the more cells are opened.
  const between = (count, seed) =>
    clusteredVectors({ rows: count, dim, seed }).map(
      (value, i) => value * (1 + (Math.floor(i / dim) % 5)) + Math.sin(i * seed) / 8,
    );
  const queries = between(10, 2);
  const codes = ['--scan-bytes', '48', '--code-bytes', '96', '--progress', 'none'];
  let folder;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'sightline-paged-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const run = (...args) => {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  // Rows of one matrix, as a bundle with records.
  const build = (chosen) => {
    const all = clusteredVectors({ rows: rows + added, dim, clusters: 300 });
    const values = Float32Array.from(
      chosen.flatMap((row) => [...all.subarray(row * dim, (row + 1) * dim)]),
    );
    writeNpy(join(folder, 'base.npy'), values, [chosen.length, dim]);
    const records = chosen.map((row) =>
      JSON.stringify({
        ...{ image_id: `row-${row}`, rest: `${row % 7}`, row },
        ...{ colour: ['red', 'green', 'blue'][row % 3], place: `place ${(row * 7) % 100}` },
        ...{ era: row < rows ? 'old' : row % 20 === 3 ? 'new' : 'newer' },
        ...(row % 5 > 0 && { height_m: Math.sin(row) * 100 }),
      }),
    );
    writeFileSync(join(folder, 'records.jsonl'), records.join('\n'));
    const source = [join(folder, 'base.npy'), '--records', join(folder, 'records.jsonl')];
    const asked = join(folder, 'asked.npy');
    writeNpy(asked, between(40, 3), [40, dim]);
    const out = ['--out', join(folder, 'bundle'), '--bundle-only'];
    run('build', ...source, '--queries', asked, ...out, ...codes);
  };
  const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
  // clause: `field = text` or `field >= number`, by the facets.
  const answersAsTheProgram = (clause) => {
    const bundlePath = join(folder, 'bundle');
    const bundle = reader.openBundle(bundlePath);
    assert.equal(bundle.minor, 1);
    assert.ok(bundle.indexes[0].transform.length > 0);
    const queryFile = join(folder, 'queries.npy');
    writeNpy(queryFile, queries, [10, dim]);
    const asked = clause && clause.join(typeof clause[1] === 'number' ? ' >= ' : ' = ');
    const answers = run(
      ...['search', bundlePath, '--vectors', queryFile, '--k', '10', '--cold'],
      ...(asked ? ['--filter', asked] : []),
    );
    const filter = clause && facetFilter(bundle, ...clause);
    const opened = new Set();
    for (const line of answers.trimEnd().split('\n')) {
      const { query, hits } = JSON.parse(line);
      const vector = queries.subarray(query * dim, (query + 1) * dim);
      const scale = 1 / Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
      const unit = Array.from(vector, (value) => Math.fround(value * scale));
      const found = searchPaged(bundle, unit, 10, reader, filter);
      opened.add(found.openedCells);
      assert.deepEqual(
        found.hits.map(({ record, similarity }) => [record.imageId, Math.max(0, similarity)]),
        hits.map((hit) => [hit.image_id, hit.similarity]),
        asked,
      );
    }
    assert.ok(filter || opened.size > 2, `all queries open ${[...opened]} cells`);
    return bundle;
  };

  test('answers as the program does', () => {
    build(range(0, rows));
    assert.equal(answersAsTheProgram().deltas, undefined);
    answersAsTheProgram(['colour', 'green']);
    answersAsTheProgram(['height_m', 12.5]);
    answersAsTheProgram(['height_m', -99.5]);
    answersAsTheProgram(['place', 'place 42']);
  });

  test('with deltas answers as the program does', () => {
    const base = reader.openBundle(join(folder, 'bundle'));
    build(range(50, rows + added / 2));
    build(range(100, rows + added));
    const bundle = answersAsTheProgram();
    const { deltas, indexes, imageCount } = bundle;
    assert.equal(indexes[0].rowCount, rows);
    assert.equal(deltas.generations.length, 2);
    assert.equal(deltas.removed.size, 100);
    assert.equal(imageCount, rows + added);
    const numbers = bundle.facets.columns.find(({ name }) => name === 'row');
    assert.deepEqual(numbers.addedRange, [rows, rows + added - 1]);
    assert.deepEqual(bundle.facets.lists, base.facets.lists);
    answersAsTheProgram(['colour', 'green']);
    answersAsTheProgram(['row', rows + 3]);
    answersAsTheProgram(['era', 'new']);
    answersAsTheProgram(['height_m', 12.5]);
    assert.deepEqual(bundle.graph, base.graph);
    let columns = reader.parseColumns(bundle.readPayload(bundle.columns), rows);
    for (const generation of deltas.generations) {
      const payload = bundle.readPayload(generation.columns);
      columns = joinColumns(columns, reader.parseColumns(payload, generation.rowCount));
    }
    const [rest, row] = ['rest', 'row'].map((name) => columns.find((one) => one.name === name));
    range(0, imageCount).forEach((image) => {
      assert.equal(rest.values[rest.codes[image]], `${row.numbers[image] % 7}`);
      if (image >= rows) assert.ok(row.numbers[image] >= rows);
      assert.equal(deltas.removed.has(image), row.numbers[image] < 100);
    });
  });
});
