// Facets of a paged index (native/FORMAT.md 4.10 and 6c), read and asked from the document alone.
import { ByteCursor, check } from './byte_cursor.mjs';
import { cellsInDepth } from './paged_index.mjs';

// 4.10; readParts and readRef are the bundle reader's.
export function readFacets(cursor, readParts, readRef) {
  const reach = cursor.list(8, 4, cursor.u32);
  const columns = cursor.list(cursor.u16(), 15, () => {
    const [name, type] = [cursor.string(), cursor.u8()];
    const [valueCount, bins, cells] = [cursor.u32(), cursor.u32(), cursor.u32()];
    check(type <= 1 && bins > 0 && bins <= 4096, `facets: '${name}'`);
    const column = { name, type, valueCount };
    if (type === 0) {
      column.firstCode = cursor.list(bins, 4, cursor.u32);
      column.firstName = cursor.list(bins, 2, cursor.string);
      column.names = readParts(cursor, 26);
    } else {
      column.edges = cursor.list(bins + 1, 8, cursor.f64);
    }
    column.binRows = cursor.list(bins, 4, cursor.u32);
    const packed = cursor.take(Math.ceil((bins * cells) / 2));
    const told = (i) => (packed[i >> 1] >> (4 * (i % 2))) & 15;
    column.cellRows = Array.from({ length: cells }, (_, cell) =>
      Array.from({ length: bins }, (_bin, bin) => told(cell * bins + bin)),
    );
    return column;
  });
  const lists = cursor.list(cursor.u32(), 52, () => ({
    ...{ column: cursor.u16(), value: cursor.string(), rowCount: cursor.u32() },
    ref: readRef(cursor, [25]),
  }));
  for (const column of cursor.remaining > 0 ? columns : []) {
    const count = cursor.u32();
    if (column.type === 0) column.addedNames = cursor.list(count, 2, cursor.string);
    else column.addedRange = cursor.list(count, 8, cursor.f64);
    check(column.type === 0 || count === 0 || count === 2, `facets: added '${column.name}'`);
  }
  cursor.end();
  return { reach, columns, lists };
}

// 6c: an array of values for each column, in the order of the rows; categories by name.
export function readRowFacets(bytes, columns, rowCount, readPayload) {
  const cursor = new ByteCursor(bytes, 'facets of rows');
  const values = columns.map((column) => {
    const [head, how, base] = [cursor.u8(), cursor.u8(), cursor.u64()];
    const shift = how < 64 ? how : 0;
    const width = head & 0x7f;
    const packed = cursor.take(Math.ceil((rowCount * width) / 8));
    const names = column.type === 0 && namesOf(column, readPayload);
    return Array.from({ length: rowCount }, (_, row) => {
      let added = 0n;
      for (let bit = 0; bit < width; ++bit) {
        const at = row * width + bit;
        added |= BigInt((packed[at >> 3] >> (at % 8)) & 1) << BigInt(bit);
      }
      if (head >> 7 && added === (1n << BigInt(width)) - 1n) return NaN;
      const key = base + (added << BigInt(shift));
      if (how >= 128) return Number(key - (1n << 53n)) / 10 ** (how - 128);
      return names ? names[Number(key)] : numberOf(key);
    });
  });
  cursor.end();
  return values;
}

function namesOf(column, readPayload) {
  const added = column.addedNames ?? [];
  if (column.names.length === 0) return [...column.firstName, ...added];
  if (column.allNames) return column.allNames;
  const cursor = new ByteCursor(readPayload(column.names), 'names');
  column.allNames = [...cursor.list(column.valueCount, 2, cursor.string), ...added];
  cursor.end();
  return column.allNames;
}

function numberOf(key) {
  const top = 1n << 63n;
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, key & top ? key ^ top : BigInt.asUintN(64, ~key));
  return view.getFloat64(0);
}

// The share of each bin that `field = value` or `field >= value` lets through.
function sharesOf({ type, firstName, firstCode, valueCount, edges, binRows }, value) {
  return binRows.map((_, bin) => {
    if (type === 0) {
      const next = firstName[bin + 1];
      const values = (firstCode[bin + 1] ?? valueCount) - firstCode[bin];
      if (values === 1) return firstName[bin] === value ? 1 : 0;
      return firstName[bin] <= value && (next === undefined || value < next) ? 1 / values : 0;
    }
    const [low, high] = [edges[bin], edges[bin + 1]];
    if (value <= low) return 1;
    const reaches = bin === binRows.length - 1 ? value <= high : value < high;
    return reaches ? Math.max(0.1, (high - value) / (high - low)) : 0;
  });
}

// The share of the rows of deltas that the clause lets through.
function addedShare(column, shares, rowCount, value) {
  const { type, binRows, addedNames, addedRange = [] } = column;
  const told = shares.reduce((sum, share, bin) => sum + share * binRows[bin], 0) / rowCount;
  if (type === 0) return addedNames?.includes(value) ? Math.max(told, 0.1) : told;
  const [low, high] = addedRange;
  if (addedRange.length === 0 || value > high) return 0;
  return Math.max(told, value <= low ? 1 : Math.max(0.001, (high - value) / (high - low)));
}

// One clause, `=` of a category or `>=` of a number, as searchPaged asks for it.
export function facetFilter({ facets, indexes: [index], deltas, readPayload }, field, value) {
  const position = facets.columns.findIndex(({ name }) => name === field);
  const column = facets.columns[position];
  const shares = sharesOf(column, value);
  const rowsTold = (told) => (told === 0 ? 0 : 1.5 * 2 ** (told - 1) - 0.5);
  const ofAdded = addedShare(column, shares, index.rowCount, value);
  const mayHold = [];
  const expected = index.cells.map(({ rowCount }, cell) => {
    const rows = shares.reduce(
      (sum, share, bin) => sum + share * rowsTold(column.cellRows[cell][bin]),
      0,
    );
    mayHold.push(rows > 0);
    return rowCount * Math.min(1, rows / rowCount);
  });
  for (const { cell, rowCount } of (deltas?.deltas ?? []).flatMap(({ runs }) => runs)) {
    expected[cell] += ofAdded * rowCount;
  }
  const cellsToOpen = (order, reaches, k) => {
    const total = order.reduce((sum, cell) => sum + expected[cell], 0);
    const { reach } = facets;
    const doubled = (i) => Math.max(1, reach[Math.min(i, 6) + 1] / reach[Math.min(i, 6)]);
    let [x, n, growth] = [index.rowCount / Math.max(total, 1), 0, 1];
    for (; x >= 2; x /= 2) growth *= doubled(n++);
    growth *= 1 + (doubled(n) - 1) * Math.max(0, x - 1);
    const share = Math.min(1, (index.probeCells / index.cells.length) * growth);
    let [opened, count] = [0, 0];
    while (
      count < order.length &&
      (count < index.probeCells || opened < Math.max(share * total, 4 * k))
    ) {
      opened += expected[order[count++]];
    }
    const sorted = [...reaches].sort((a, b) => b - a);
    const depth = sorted[0] - sorted[Math.min(cellsInDepth(index, reaches), sorted.length) - 1];
    const most = Math.min(order.length, 3 * index.probeCells);
    while (count < most && reaches[order[count]] >= reaches[order[0]] - depth) count += 1;
    return { order, count };
  };
  const qualifies = (bytes, rowCount) =>
    readRowFacets(bytes, facets.columns, rowCount, readPayload)[position].map((found) =>
      column.type === 0 ? found === value : found >= value,
    );
  const choose = (order, reaches, k) =>
    cellsToOpen(
      order.filter((cell) => expected[cell] > 0),
      reaches,
      k,
    );
  return { choose, qualifies, mayHold: (cell) => mayHold[cell] };
}
