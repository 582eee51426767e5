// A reader of bundles written from native/FORMAT.md alone: it shares no code with the program, so
// that the document is held to be complete. The numbers are sections of the document.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decompress } from 'fzstd';
import { ByteCursor, FormatError, check } from './byte_cursor.mjs';
import { placeDeltas, readCellDeltas } from './cell_deltas.mjs';
import { readFacets } from './paged_facets.mjs';
import { readPagedIndex } from './paged_index.mjs';

const kindNames = [
  ...['', 'root', 'codes', 'graph', 'views', 'records', 'columns', 'ids', 'webp', 'thumbs'],
  ...['model', 'tokenizer', 'examples', 'refinement', 'layer', 'tokens', 'phrases', 'suggest'],
  ...['transform', 'cell', 'piece', '', '', '', 'base', 'list', 'names'],
];
const maxObjectBytes = 16_777_216;
const maxDim = 4096;
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

// 2. Manifest → the reference of the root.
export function parseManifest(bytes) {
  check(bytes.length <= 65_536, 'manifest: more than 64 KiB');
  const { format, major, root } = parseJson(bytes);
  check(format === 'sightline-bundle', `manifest: format ${format}`);
  check(major === 1, `manifest: major version ${major}`);
  const sizes = [root?.stored_bytes, root?.raw_bytes];
  const valid = sizes.every((size) => size >= 0 && size <= maxObjectBytes);
  check(valid && /^[0-9a-f]{64}$/.test(root.sha256), 'manifest: the size or hash of the root');
  const compression = ['none', 'zstd'].indexOf(root.compression);
  check(compression >= 0, `manifest: compression ${root.compression}`);
  return { kind: 1, compression, storedBytes: sizes[0], rawBytes: sizes[1], sha256: root.sha256 };
}

function parseJson(bytes) {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) ?? {};
  } catch (error) {
    throw new FormatError(`manifest: ${error.message}`);
  }
}

// 3. References and objects.
export function readRef(cursor, kinds) {
  const kind = cursor.u8();
  const compression = cursor.u8();
  cursor.u16();
  const storedBytes = cursor.u32();
  const rawBytes = cursor.u32();
  const digest = Buffer.from(cursor.take(32)).toString('hex');
  check(kinds.includes(kind), `reference: kind ${kind}, expected ${kinds}`);
  check(compression <= 1, `reference: compression ${compression}`);
  check(storedBytes <= maxObjectBytes && rawBytes <= maxObjectBytes, 'reference: a huge object');
  check(compression === 1 || storedBytes === rawBytes, 'reference: sizes disagree');
  return { kind, compression, storedBytes, rawBytes, sha256: digest };
}

const readParts = (cursor, kind) => cursor.list(cursor.u32(), 44, () => readRef(cursor, [kind]));
const totalBytes = (parts) => parts.reduce((sum, part) => sum + part.rawBytes, 0);

export const objectName = ({ kind, sha256 }) =>
  `objects/${sha256.slice(0, 2)}/${sha256}.${kindNames[kind]}`;

export function unpackObject(ref, stored) {
  const name = objectName(ref);
  check(stored.length === ref.storedBytes, `${name}: ${stored.length} bytes`);
  check(sha256(stored).toString('hex') === ref.sha256, `${name}: another hash`);
  if (ref.compression === 0) return stored;
  const raw = decompress(stored);
  check(raw.length === ref.rawBytes, `${name}: ${raw.length} bytes uncompressed`);
  return raw;
}

// 4. Root.
export function parseRoot(bytes) {
  const cursor = new ByteCursor(bytes, 'root');
  check(Buffer.from(cursor.take(8)).toString('latin1') === 'SLBUNDLE', 'root: another magic');
  const major = cursor.u16();
  check(major === 1, `root: major version ${major}`);
  const root = { minor: cursor.u16(), indexes: [] };
  const sectionCount = cursor.u32();
  check(sectionCount <= 1024, `root: ${sectionCount} sections`);
  const readers = {
    1: readDescription,
    2: (section) => (root.model = readModel(section)),
    3: (section) => root.indexes.push(readIndex(section)),
    4: readRecordPlaces,
    5: readQuality,
    7: (section) => (root.textEncoder = readTextEncoder(section, root.model.embeddingDim)),
    8: (section) => (root.phraseBank = readPhraseBank(section)),
    9: (section) => (root.relevance = readRelevance(section)),
    11: (section) => (root.facets = readFacets(section, readParts, readRef)),
    12: (section) => (root.deltas = readCellDeltas(section, readParts, readRef)),
    14: (section) => (root.graph = readParts(section, 3)),
  };
  for (let i = 0; i < sectionCount; ++i) {
    const [kind, flags, offset, length] = [cursor.u16(), cursor.u16(), cursor.u32(), cursor.u32()];
    check(offset + length <= bytes.length, `root: section ${i} lies outside`);
    if (readers[kind] === undefined) check((flags & 1) === 0, `root: section of kind ${kind}`);
    else readers[kind](new ByteCursor(bytes.subarray(offset, offset + length), 'section'), root);
  }
  for (const { dim } of root.indexes) {
    check(dim === root.model.embeddingDim, `root: an index of ${dim} dimensions`);
  }
  const added = root.deltas?.generations.reduce((sum, { rowCount }) => sum + rowCount, 0) ?? 0;
  if (root.deltas) placeDeltas(root.deltas, root.indexes[0], root.imageCount);
  for (const { rowCount, ids } of root.deltas?.generations ?? []) {
    check(totalBytes(ids) === 12 * rowCount, 'deltas: size of the image ids');
  }
  check(totalBytes(root.ids) === 12 * (root.imageCount - added), 'root: size of the image ids');
  root.pieces.forEach(({ firstOrdinal }, i) => {
    const fits = i === 0 ? firstOrdinal === 0 : firstOrdinal > root.pieces[i - 1].firstOrdinal;
    check(fits && firstOrdinal < root.imageCount, 'root: pieces of records do not ascend from 0');
  });
  const isPaged = root.indexes.some((index) => index.isPaged);
  check(root.pieces.length > 0 || root.imageCount === 0 || isPaged, 'root: images without records');
  return root;
}

function readDescription(cursor, root) {
  root.title = cursor.string();
  root.generator = cursor.string();
  root.imageCount = cursor.u32();
  root.datasets = cursor.list(cursor.u16(), 6, () => ({
    slug: cursor.string(),
    licence: cursor.string(),
    mediaBaseUrl: cursor.string(),
  }));
  root.classNames = cursor.list(cursor.u16(), 2, cursor.string);
}

function readModel(cursor) {
  return {
    id: cursor.string(),
    licence: cursor.string(),
    warning: cursor.string(),
    embeddingDim: cursor.u32(),
    imageSizePx: cursor.u32(),
    mean: [cursor.f32(), cursor.f32(), cursor.f32()],
    std: [cursor.f32(), cursor.f32(), cursor.f32()],
    contextLength: cursor.u32(),
    tokenizer: readParts(cursor, 11),
    files: cursor.list(cursor.u16(), 48, () => ({
      role: cursor.string(),
      name: cursor.string(),
      byteCount: Number(cursor.u64()),
      sha256: Buffer.from(cursor.take(32)).toString('hex'),
      parts: readParts(cursor, 10),
    })),
  };
}

function readIndex(cursor) {
  const index = { rowKind: cursor.u8() };
  const layout = cursor.u8();
  check(layout === 1 || layout === 2, `index: layout ${layout}`);
  cursor.u16();
  for (const field of ['rowCount', 'dim', 'm', 'efConstruction']) index[field] = cursor.u32();
  index.similarityMean = cursor.f64();
  index.similarityStddev = cursor.f64();
  check(index.similarityStddev > 0, 'index: no spread of similarities');
  index.isPaged = layout === 2;
  const parameters = cursor.take(cursor.u32());
  if (index.isPaged) return readPagedIndex(cursor, index, parameters, readParts, readRef);
  index.parameters = parseCodeParameters(parameters, index.dim);
  index.codes = readParts(cursor, 2);
  index.views = readParts(cursor, 4);
  index.graph = readParts(cursor, 3);
  index.refinement = readParts(cursor, 13);
  check(totalBytes(index.codes) === index.rowCount * index.dim, 'index: size of the codes');
  return index;
}

function readRecordPlaces(cursor, root) {
  root.pieces = cursor.list(cursor.u32(), 48, () => ({
    firstOrdinal: cursor.u32(),
    ref: readRef(cursor, [5]),
  }));
  root.columns = readParts(cursor, 6);
  root.ids = readParts(cursor, 7);
  root.examples = readParts(cursor, 12);
}

function readQuality(cursor, root) {
  const figures = cursor.list(cursor.u16(), 10, () => [cursor.string(), cursor.f64()]);
  root.quality = Object.fromEntries(figures);
}

// 15. Packed text encoder.
function readTextEncoder(cursor, embeddingDim) {
  const shape = new ByteCursor(cursor.take(cursor.u32()), 'shape of the text encoder');
  check(shape.u32() === 1, 'text encoder: another layout');
  const names = ['width', 'layerCount', 'headCount', 'hiddenWidth', 'embeddingDim', 'tokenCount'];
  const encoder = {};
  for (const name of [...names, 'contextLength', 'endId', 'activation'])
    encoder[name] = shape.u32();
  encoder.normEpsilon = shape.f32();
  shape.end();
  check(encoder.embeddingDim === embeddingDim, `text encoder: ${encoder.embeddingDim} dimensions`);
  check(encoder.width % encoder.headCount === 0, `text encoder: ${encoder.headCount} heads`);
  encoder.ends = readRef(cursor, [14]);
  encoder.layers = readParts(cursor, 14);
  check(encoder.layers.length === encoder.layerCount, 'text encoder: number of layers');
  encoder.tokensPerChunk = cursor.u32();
  check(encoder.tokensPerChunk > 0, 'text encoder: no tokens a chunk');
  encoder.directory = readRef(cursor, [15]);
  return encoder;
}

export function parseTokenDirectory(bytes, { tokenCount, tokensPerChunk }) {
  const cursor = new ByteCursor(bytes, 'token directory');
  const chunks = readParts(cursor, 15);
  cursor.end();
  check(chunks.length === Math.ceil(tokenCount / tokensPerChunk), 'token directory: chunks');
  return chunks;
}

// 5. Code parameters and graph.
export function parseCodeParameters(bytes, dim) {
  check(dim >= 1 && dim <= maxDim, `parameters: ${dim} dimensions`);
  const cursor = new ByteCursor(bytes, 'parameters');
  const offset = cursor.list(dim, 4, cursor.f32);
  const step = cursor.list(dim, 4, cursor.f32);
  check([...offset, ...step].every(Number.isFinite), 'parameters: a number is not finite');
  check(!step.some((value) => value < 0), 'parameters: a step is negative');
  cursor.end();
  return { offset, step };
}

export function parseGraph(bytes, rowCount) {
  const cursor = new ByteCursor(bytes, 'graph');
  const [rows, m, entryPoint, linkCount] = [cursor.u32(), cursor.u32(), cursor.u32(), cursor.u32()];
  check(rows <= rowCount, `graph: ${rows} rows`);
  check(m >= 1 && m <= 256, `graph: M is ${m}`);
  const levels = cursor.list(rows, 1, cursor.u8);
  const listCount = rows + levels.reduce((sum, level) => sum + level, 0);
  const counts = cursor.list(listCount, 2, cursor.u16);
  check(counts.reduce((sum, count) => sum + count, 0) === linkCount, 'graph: sum of the counts');
  const topLevel = levels.reduce((top, level) => Math.max(top, level), 0);
  check(topLevel <= 32, `graph: a level of ${topLevel}`);
  check(rows === 0 ? entryPoint === 0 : levels[entryPoint] === topLevel, 'graph: entry point');
  const bits = rows > 1 ? 32 - Math.clz32(rows - 1) : 0;
  const packed = cursor.take(Math.ceil((linkCount * bits) / 8));
  cursor.end();
  let place = 0;
  const nextLink = () => {
    let link = 0;
    for (let bit = 0; bit < bits; ++bit, ++place) {
      link += ((packed[place >> 3] >> (place & 7)) & 1) * 2 ** bit;
    }
    return link;
  };
  const readList = (level, count) => {
    check(count <= (level === 0 ? 2 * m : m) && count < rows, 'graph: a list is too long');
    return Array.from({ length: count }, () => {
      const link = nextLink();
      check(link < rows && levels[link] >= level, `graph: a link to row ${link}`);
      return link;
    });
  };
  let list = 0;
  const links = levels.map(() => [readList(0, counts[list++])]);
  levels.forEach((top, row) => {
    for (let level = 1; level <= top; ++level) links[row].push(readList(level, counts[list++]));
  });
  while (place < packed.length * 8) {
    check(((packed[place >> 3] >> (place & 7)) & 1) === 0, 'graph: bits after the last link');
    ++place;
  }
  return { m, entryPoint, levels, links };
}

// 6. Views.
export function parseViews(bytes, rowCount, imageCount) {
  const cursor = new ByteCursor(bytes, 'views');
  const images = cursor.list(rowCount, 4, cursor.u32);
  const kinds = cursor.list(rowCount, 1, cursor.u8);
  const [x0, y0, x1, y1] = [0, 1, 2, 3].map(() => cursor.list(rowCount, 4, cursor.u32));
  cursor.end();
  return images.map((image, i) => {
    check(image < imageCount && kinds[i] <= 2, `views: image ${image}, kind ${kinds[i]}`);
    check(x0[i] < x1[i] && y0[i] < y1[i], 'views: an empty box');
    return { image, kind: kinds[i], box: [x0[i], y0[i], x1[i], y1[i]] };
  });
}

// 7. Records.
export function parseRecords(bytes) {
  const cursor = new ByteCursor(bytes, 'records');
  const records = cursor.list(cursor.u32(), 47, () => ({
    imageId: cursor.string(),
    dataset: cursor.u16(),
    sequence: cursor.string(),
    camera: cursor.string(),
    path: cursor.string(),
    mediaUrl: cursor.string(),
    widthPx: cursor.u32(),
    heightPx: cursor.u32(),
    timestampS: cursor.f64(),
    latitudeDeg: cursor.f64(),
    longitudeDeg: cursor.f64(),
    thumbnail: readThumbnail(cursor),
    detections: cursor.list(cursor.u16(), 20, () => ({
      classId: cursor.u16(),
      confidence: cursor.u16() / 65_535,
      box: [cursor.f32(), cursor.f32(), cursor.f32(), cursor.f32()],
    })),
  }));
  cursor.end();
  return records;
}

function readThumbnail(cursor) {
  const kind = cursor.u8();
  if (kind === 0) return null;
  const ref = readRef(cursor, [8, 9]);
  check(ref.kind === kind, `records: a thumbnail of kind ${kind}`);
  const [offset, byteCount] = [cursor.u32(), cursor.u32()];
  check(offset + byteCount <= ref.rawBytes, 'records: a thumbnail outside its object');
  return { ref, offset, byteCount, widthPx: cursor.u16(), heightPx: cursor.u16() };
}

// 8. Columns.
export function parseColumns(bytes, imageCount) {
  const cursor = new ByteCursor(bytes, 'columns');
  const columns = cursor.list(cursor.u16(), 7, () => {
    const column = { name: cursor.string(), type: cursor.u8() };
    column.values = cursor.list(cursor.u32(), 2, cursor.string);
    const inValues = (position) => {
      check(position < column.values.length, `columns: value ${position} of '${column.name}'`);
      return position;
    };
    check(column.type <= 2, `columns: type ${column.type}`);
    if (column.type === 0) column.codes = cursor.list(imageCount, 4, () => inValues(cursor.u32()));
    if (column.type === 1) column.numbers = cursor.list(imageCount, 8, cursor.f64);
    if (column.type === 2) {
      const offsets = cursor.list(imageCount + 1, 4, cursor.u32);
      const ascends = offsets.every((offset, i) => offset >= (i > 0 ? offsets[i - 1] : 0));
      check(offsets[0] === 0 && ascends, `columns: offsets of '${column.name}'`);
      const tags = cursor.list(offsets.at(-1), 4, () => [inValues(cursor.u16()), cursor.u16()]);
      column.tags = offsets.slice(1).map((end, image) => tags.slice(offsets[image], end));
    }
    return column;
  });
  cursor.end();
  return columns;
}

// 9. Image ids.
export function parseImageIds(bytes, imageCount) {
  const cursor = new ByteCursor(bytes, 'ids');
  const keys = cursor.list(imageCount, 8, cursor.u64);
  const ordinals = cursor.list(imageCount, 4, cursor.u32);
  cursor.end();
  check(
    keys.every((key, i) => i === 0 || keys[i - 1] <= key),
    'ids: the keys do not ascend',
  );
  check(
    ordinals.every((ordinal) => ordinal < imageCount),
    'ids: an ordinal beyond the images',
  );
  // The ordinals whose image_id may be this one.
  const find = (imageId) => {
    const key = sha256(imageId).readBigUInt64LE(0);
    return ordinals.filter((_, i) => keys[i] === key);
  };
  return { find };
}

// 10. Examples.
export function parseExamples(bytes, embeddingDim) {
  const cursor = new ByteCursor(bytes, 'examples');
  const [count, dim] = [cursor.u32(), cursor.u32()];
  check(dim === embeddingDim, `examples: ${dim} dimensions`);
  const examples = cursor.list(count, 2 + 4 * dim, () => ({
    text: cursor.string(),
    embedding: cursor.list(dim, 4, cursor.f32),
  }));
  cursor.end();
  return examples;
}

// 11. Tokenizer, its header.
export function parseTokenizerHeader(bytes) {
  const cursor = new ByteCursor(bytes, 'tokenizer');
  const fields = ['layout', 'tokenCount', 'startId', 'endId', 'contextLength', 'mergeCount'];
  const header = Object.fromEntries(fields.map((field) => [field, cursor.u32()]));
  check(header.layout === 1, `tokenizer: layout ${header.layout}`);
  check(bytes.length === 2072 + 12 * header.mergeCount, `tokenizer: ${bytes.length} bytes`);
  return header;
}

// 4.6. Phrase bank.
const readPages = (cursor) => {
  const pages = cursor.list(cursor.u32(), 52, () => ({
    firstKey: cursor.u64(),
    ref: readRef(cursor, [16]),
  }));
  check(ascend(pages.map(({ firstKey }) => firstKey)), 'phrase bank: the keys do not ascend');
  return pages;
};
const ascend = (keys) => keys.every((key, i) => i === 0 || keys[i - 1] < key);

function readPhraseBank(cursor) {
  const normalization = cursor.u16();
  cursor.u16();
  if (normalization !== 1) return null;
  return {
    phraseCount: cursor.u32(),
    directories: readPages(cursor),
    suggestions: readParts(cursor, 17),
    answers: cursor.remaining > 0 ? readPages(cursor) : [],
  };
}

// 4.7. Relevance.
function readRelevance(cursor) {
  const names = ['bias', 'similarityWeight', 'familiarityWeight', 'cutOff', 'unrelated', 'strong'];
  const relevance = Object.fromEntries(names.map((name) => [name, cursor.f64()]));
  relevance.fittingQuantiles = cursor.list(3, 8, cursor.f64);
  relevance.nonsenseQuantiles = cursor.list(3, 8, cursor.f64);
  const { bias, similarityWeight, familiarityWeight, cutOff, unrelated, strong } = relevance;
  const finite = [bias, similarityWeight, familiarityWeight, unrelated, strong].every(isFinite);
  const inRange = similarityWeight >= 0 && familiarityWeight >= 0 && cutOff >= 0 && cutOff <= 1;
  check(finite && inRange && strong > unrelated, 'relevance: out of range');
  return relevance;
}

// 15. Pages of the phrase bank.
export function parsePhraseDirectory(bytes) {
  const cursor = new ByteCursor(bytes, 'phrase directory');
  check(cursor.u32() === 1, 'phrase directory: another kind of page');
  const pages = readPages(cursor);
  cursor.end();
  return pages;
}

export function parsePhraseLeaf(bytes, embeddingDim) {
  const cursor = new ByteCursor(bytes, 'phrases');
  check(cursor.u32() === 0, 'phrases: another kind of page');
  const [dim, count] = [cursor.u32(), cursor.u32()];
  check(dim === embeddingDim, `phrases: ${dim} dimensions`);
  const keys = cursor.list(count, 8, cursor.u64);
  check(ascend(keys), 'phrases: the keys do not ascend');
  const codes = cursor.list(count, dim, () => [...new Int8Array(cursor.take(dim))]);
  cursor.end();
  return new Map(keys.map((key, i) => [key, codes[i]]));
}

// The embedding of a phrase that needs no normalisation; null where it is not in the bank.
export function findPhrase({ phraseBank, model, readPayload }, phrase) {
  const key = sha256(phrase).readBigUInt64LE(0);
  const pageOf = (pages) => pages.findLast(({ firstKey }) => firstKey <= key);
  const directory = pageOf(phraseBank.directories);
  const leaf = directory && pageOf(parsePhraseDirectory(readPayload([directory.ref])));
  const code = leaf && parsePhraseLeaf(readPayload([leaf.ref]), model.embeddingDim).get(key);
  if (!code) return null;
  const length = Math.sqrt(code.reduce((sum, value) => sum + value * value, 0)) || 1;
  return code.map((value) => Math.fround(value / length));
}

// The images of the first answer to such a phrase; null where there is none.
export function findFirstAnswer({ phraseBank, readPayload }, phrase) {
  const key = sha256(phrase).readBigUInt64LE(0);
  const pageOf = (pages) => pages.findLast(({ firstKey }) => firstKey <= key);
  const directory = pageOf(phraseBank.answers);
  const page = directory && pageOf(parsePhraseDirectory(readPayload([directory.ref])));
  return (page && parsePhraseAnswers(readPayload([page.ref])).get(key)) ?? null;
}

export function parsePhraseAnswers(bytes) {
  const cursor = new ByteCursor(bytes, 'phrase answers');
  check(cursor.u32() === 2, 'phrase answers: another kind of page');
  const count = cursor.u32();
  const keys = cursor.list(count, 8, cursor.u64);
  check(ascend(keys), 'phrase answers: the keys do not ascend');
  const counts = cursor.list(count, 1, cursor.u8);
  const answers = counts.map((images) => cursor.list(images, 4, cursor.u32));
  cursor.end();
  return new Map(keys.map((key, i) => [key, answers[i]]));
}

// 16. Suggestions.
export function parseSuggestions(bytes) {
  const cursor = new ByteCursor(bytes, 'suggestions');
  const phrases = cursor.list(cursor.u32(), 2, cursor.string);
  cursor.end();
  return phrases;
}

// 14. A bundle in a folder, everything read but thumbnails and model files.
export function openBundle(folder) {
  const readPart = (ref) => unpackObject(ref, readFileSync(join(folder, objectName(ref))));
  const readPayload = (parts) => Buffer.concat(parts.map(readPart));
  const manifest = parseManifest(readFileSync(join(folder, 'manifest.json')));
  const root = parseRoot(readPart(manifest));
  const dim = root.model?.embeddingDim;
  if (root.indexes.some((index) => index.isPaged)) return { ...root, readPayload };
  const indexes = root.indexes.map((index) => ({
    ...index,
    codes: readPayload(index.codes),
    refinement: index.refinement.length > 0 ? readPayload(index.refinement) : null,
    views: parseViews(readPayload(index.views), index.rowCount, root.imageCount),
    graph: index.graph.length > 0 ? parseGraph(readPayload(index.graph), index.rowCount) : null,
  }));
  for (const { refinement, rowCount } of indexes) {
    const expected = rowCount * Math.ceil(dim / 32) * 16;
    check(refinement === null || refinement.length === expected, 'refinement: its size');
  }
  return {
    ...root,
    indexes,
    records: root.pieces.flatMap(({ firstOrdinal, ref }, i) => {
      const end = root.pieces[i + 1]?.firstOrdinal ?? root.imageCount;
      const records = parseRecords(readPart(ref));
      check(records.length === end - firstOrdinal, 'records: a piece leaves images out');
      return records;
    }),
    columns: parseColumns(readPayload(root.columns), root.imageCount),
    ids: parseImageIds(readPayload(root.ids), root.imageCount),
    examples: root.examples.length > 0 ? parseExamples(readPayload(root.examples), dim) : [],
    suggestions: root.phraseBank ? parseSuggestions(readPayload(root.phraseBank.suggestions)) : [],
    tokenizer:
      root.model.tokenizer.length > 0
        ? parseTokenizerHeader(readPayload(root.model.tokenizer))
        : null,
    readPayload,
  };
}
