// The paged index of native/FORMAT.md (4.3, 5b and 6b), read and searched from the document alone.
import { ByteCursor, check } from './byte_cursor.mjs';

// 4.3, from the code parameters on; readParts and readRef are the bundle reader's.
export function readPagedIndex(cursor, index, parameters, readParts, readRef) {
  index.codes = readQueryAwareCodes(parameters, index.dim);
  index.transform = readParts(cursor, 18);
  index.probeCells = cursor.u32();
  index.probeDepth = cursor.f32();
  for (const field of ['firstRows', 'settledRows']) index[field] = cursor.u32();
  index.spreadWeight = cursor.f32();
  const components = cursor.u32();
  const cellCount = cursor.u32();
  const scale = cursor.list(components, 4, cursor.f32);
  const codes = new Int8Array(cursor.take(components * cellCount));
  const spread = cursor.list(cellCount, 4, cursor.f32);
  const rowCounts = cursor.list(cellCount, 4, cursor.u32);
  let first = 0;
  index.cells = rowCounts.map((rowCount, c) => {
    const code = scale.map((_, j) => codes[j * cellCount + c]);
    const centroid = scale.map((value, j) => value * code[j]);
    first += rowCount;
    return {
      first: first - rowCount,
      rowCount,
      centroid,
      scale,
      spread: spread[c],
      code,
    };
  });
  check(first === index.rowCount, `cells: ${first} rows`);
  for (const cell of index.cells) cell.ref = readRef(cursor, [19]);
  return index;
}

// 5b.
function readQueryAwareCodes(bytes, dim) {
  const cursor = new ByteCursor(bytes, 'query-aware codes');
  const [n, digitCount, firstDigits, rootComponents] = cursor.list(4, 4, cursor.u32);
  const mean = cursor.list(dim, 4, cursor.f32);
  const scale = cursor.list(n, 4, cursor.f32);
  const step = cursor.list(n, 4, cursor.f32);
  const digits = cursor.list(digitCount, 2, cursor.u16);
  const scanned = Math.max(-1, ...digits.slice(0, firstDigits)) + 1;
  check(rootComponents >= scanned && rootComponents <= n, 'query-aware codes: components');
  const transform = new Int8Array(cursor.take(rootComponents * dim));
  cursor.end();
  const counts = scale.map(() => 0);
  for (const component of digits) counts[component] += 1;
  const seen = scale.map(() => 0);
  const places = digits.map((component) => counts[component] - 1 - seen[component]++);
  return { dim, mean, scale, step, digits, firstDigits, transform, counts, places };
}

const sumOf = (values) => values.reduce((sum, value) => sum + value, 0);

// What the query weighs each component, and what each digit adds.
function weigh(codes, transform, query) {
  const { dim, mean, scale, step, digits, counts, places } = codes;
  const magnitudes = query.map(Math.abs);
  const unit = Math.max(Math.max(...magnitudes) / 32767, sumOf(magnitudes) / (1_000_000 - dim));
  const rounded = query.map((value) =>
    Math.min(32767, Math.max(-32767, Math.floor(value / unit + 0.5))),
  );
  const weights = scale.map((factor, c) => {
    const row = transform.subarray(c * dim, (c + 1) * dim);
    return unit * factor * row.reduce((sum, value, i) => sum + value * rounded[i], 0);
  });
  const bias = query.reduce((sum, value, i) => sum + value * mean[i], 0);
  const lowest = weights.reduce(
    (sum, weight, c) => (counts[c] > 0 ? sum + weight * step[c] * (0.5 - 4 ** counts[c] / 2) : sum),
    0,
  );
  const adds = digits.map((component, i) => weights[component] * step[component] * 4 ** places[i]);
  return { weights, base: bias + lowest, adds };
}

function scanTables(codes, adds, base) {
  const nibbles = codes.firstDigits / 2;
  const pairs = Array.from({ length: nibbles }, (_, n) => [adds[2 * n], adds[2 * n + 1]]);
  const ranges = pairs.map(([u, v]) => 3 * (Math.abs(u) + Math.abs(v)));
  const unit = Math.max(Math.max(...ranges) / 255, sumOf(ranges) / (65_535 - nibbles)) || 1;
  const tables = pairs.map(([u, v]) => {
    const least = 3 * (Math.min(u, 0) + Math.min(v, 0));
    return Array.from({ length: 16 }, (_, value) =>
      Math.min(Math.floor((u * (value & 3) + v * (value >> 2) - least) / unit + 0.5), 255),
    );
  });
  return { unit, tables, base };
}

const digitsOf = (bytes) =>
  [...bytes].flatMap((byte) => [0, 2, 4, 6].map((at) => (byte >> at) & 3));

// 6b: rows' first bytes and the pieces.
function readCell(bytes, rowCount, firstBytes, readRef) {
  const cursor = new ByteCursor(bytes, 'cell');
  check(cursor.u32() === rowCount, 'cell: rows');
  const pieceCount = cursor.u32();
  const firstRows = cursor.list(pieceCount, 4, cursor.u32);
  const pieces = firstRows.map((firstRow) => ({ firstRow, ref: readRef(cursor, [20]) }));
  const groups = cursor.take(Math.ceil(rowCount / 32) * 32 * firstBytes);
  const facets = cursor.take(cursor.remaining);
  const codes = Array.from({ length: rowCount }, (_, row) =>
    Uint8Array.from(
      { length: firstBytes },
      (_, b) => groups[(Math.floor(row / 32) * firstBytes + b) * 32 + (row % 32)],
    ),
  );
  return { pieces, codes, facets };
}

function readPiece(bytes, parseViews, parseRecords, imageCount) {
  const cursor = new ByteCursor(bytes, 'piece');
  const [rowCount, restBytes] = [cursor.u32(), cursor.u32()];
  const codes = Array.from({ length: rowCount }, () => cursor.take(restBytes));
  const views = parseViews(cursor.take(rowCount * 21), rowCount, imageCount);
  return { codes, views, records: parseRecords(cursor.take(cursor.remaining)) };
}

// How many cells a query opens without a filter. reaches: of every cell.
export function cellsInDepth({ probeCells, probeDepth }, reaches) {
  const sorted = [...reaches].sort((a, b) => b - a);
  const kept = sorted.length < 12 ? 1 : 3;
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const top = mean(sorted.slice(0, kept));
  const least = top - probeDepth * (top - Math.min(mean(reaches), top));
  const count = reaches.filter((reach) => reach >= least).length;
  return Math.min(Math.max(count, Math.min(4, probeCells)), 4 * probeCells);
}

// The k best rows of the settled answer, hits: [{row, similarity, record}], and how many cells it
// opens; filter: of paged_facets.mjs, which opens others.
export function searchPaged(bundle, query, k, { parseViews, parseRecords, readRef }, filter) {
  const [index] = bundle.indexes;
  const { codes } = index;
  const rest = index.transform.length > 0 ? bundle.readPayload(index.transform) : Buffer.alloc(0);
  const transform = Int8Array.from([...codes.transform, ...new Int8Array(rest)]);
  const { weights, base, adds } = weigh(codes, transform, query);
  const scan = scanTables(codes, adds);
  const firstBytes = codes.firstDigits / 4;
  const reach = index.cells.map((cell, number) => {
    const similarity = cell.scale.reduce(
      (sum, factor, j) => sum + weights[j] * factor * cell.code[j],
      0,
    );
    return { number, similarity, reach: similarity + index.spreadWeight * cell.spread };
  });
  const similarities = reach.map(({ similarity }) => similarity);
  const reaches = reach.map((cell) => cell.reach);
  reach.sort((a, b) => b.reach - a.reach || a.number - b.number);
  const { deltas = [], removed = new Set() } = bundle.deltas ?? {};
  const hasLive = ({ first, rowCount }) =>
    Array.from({ length: rowCount }, (_, i) => first + i).some((row) => !removed.has(row));
  const runs = deltas.flatMap((delta) => delta.runs).filter(hasLive);
  const qualifies = (number) =>
    hasLive(index.cells[number]) || runs.some(({ cell }) => cell === number);
  const chosen = reach.map(({ number }) => number).filter(qualifies);
  const opened = new Set(chosen.slice(0, cellsInDepth(index, reaches)));
  const places = [
    ...index.cells.filter((cell, number) => opened.has(number) && hasLive(cell)),
    ...deltas.filter((delta) => delta.runs.some((run) => opened.has(run.cell) && hasLive(run))),
  ];
  const candidates = [];
  const opening = filter?.choose(chosen, reaches, k);
  const placesOf = (number) => [
    ...(filter.mayHold(number) ? [index.cells[number]] : []),
    ...deltas.filter(({ runs: own }) => own.some((run) => run.cell === number && hasLive(run))),
  ];
  const scanPlace = (place) => {
    const cell = readCell(bundle.readPayload([place.ref]), place.rowCount, firstBytes, readRef);
    check(cell.facets.length === 0 || bundle.facets, 'cell: bytes follow its codes');
    const allowed = filter?.qualifies(cell.facets, place.rowCount);
    const centroids = place.runs
      ? place.runs.flatMap((run) => new Array(run.rowCount).fill(run.cell))
      : new Array(place.rowCount).fill(index.cells.indexOf(place));
    cell.codes.forEach((code, row) => {
      if (removed.has(place.first + row) || (allowed && !allowed[row])) return;
      const centroid = centroids[row];
      const similarity = similarities[centroid];
      let score = Math.floor(similarity / scan.unit + 0.5);
      code.forEach((byte, b) => {
        score += scan.tables[2 * b][byte & 15] + scan.tables[2 * b + 1][byte >> 4];
      });
      candidates.push({
        score,
        row: place.first + row,
        inCell: row,
        cell,
        code,
        similarity,
        centroid,
      });
    });
  };
  if (!opening) places.forEach(scanPlace);
  const scanned = new Set();
  const openedCells = new Set();
  const isTold = filter && index.cells.some((_, number) => filter.mayHold(number));
  for (const [at, number] of (opening?.order ?? []).entries()) {
    if (at >= opening.count) {
      const qualified = candidates.filter(({ centroid }) => openedCells.has(centroid));
      if (qualified.length >= (isTold ? Math.max(k, 40) : 4 * k)) break;
      opening.count *= isTold ? 2 : 4;
    }
    openedCells.add(number);
    for (const place of placesOf(number)) {
      if (!scanned.has(place)) scanPlace(place);
      scanned.add(place);
    }
  }
  candidates.sort((a, b) => b.score - a.score || a.row - b.row);
  const unit = Math.max(...adds.map(Math.abs)) / 32767 || 1;
  const values = adds.map((value) => Math.floor(value / unit + 0.5));
  const count = Math.max(k, index.settledRows);
  const refined = [];
  for (const [rank, candidate] of candidates.slice(0, 8 * count).entries()) {
    const { row, inCell, cell, code, similarity } = candidate;
    const piece = cell.pieces.findLast(({ firstRow }) => firstRow <= inCell);
    if (rank >= count && !piece.content) continue;
    piece.content ??= readPiece(
      ...[bundle.readPayload([piece.ref]), parseViews, parseRecords, bundle.imageCount],
    );
    const place = inCell - piece.firstRow;
    const digits = digitsOf([...code, ...piece.content.codes[place]]);
    const sum = digits.reduce((total, digit, i) => total + digit * values[i], 0);
    check(piece.content.views[place].image === row, `piece: row ${row} shows another image`);
    refined.push({
      ...{ row, record: piece.content.records[place] },
      similarity: base + similarity + unit * sum,
    });
  }
  refined.sort((a, b) => b.similarity - a.similarity || a.row - b.row);
  return { hits: refined.slice(0, k), openedCells: opened.size };
}
