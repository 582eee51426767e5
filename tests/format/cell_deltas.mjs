// Deltas, of a paged index or of images that are gone (native/FORMAT.md, 4.8), read from the document alone.
import { check } from './byte_cursor.mjs';

export function readCellDeltas(cursor, readParts, readRef) {
  const generations = cursor.list(cursor.u32(), 12, () => ({
    rowCount: cursor.u32(),
    columns: readParts(cursor, 6),
    ids: readParts(cursor, 7),
  }));
  const deltas = cursor.list(cursor.u32(), 48, () => ({
    ref: readRef(cursor, [19]),
    runCount: cursor.u32(),
  }));
  const runsOf = () => deltas.map(({ runCount }) => cursor.list(runCount, 4, cursor.u32));
  const cells = runsOf();
  const rowCounts = runsOf();
  deltas.forEach((delta, d) => {
    delta.runs = cells[d].map((cell, i) => ({ cell, rowCount: rowCounts[d][i] }));
    delta.rowCount = sumOf(rowCounts[d]);
  });
  let next = 0;
  const removed = cursor.list(cursor.u32(), 1, () => {
    for (let gap = 255; gap === 255; next += gap) gap = cursor.u8();
    return next++;
  });
  cursor.end();
  return { generations, deltas, removed: new Set(removed) };
}

const sumOf = (values) => values.reduce((sum, value) => sum + value, 0);

// What only the whole root shows; adds to each delta its first row and that of its runs.
export function placeDeltas({ generations, deltas, removed }, index, imageCount) {
  let row = index.isPaged ? index.rowCount : imageCount;
  const firstRow = row;
  for (const delta of deltas) {
    delta.first = row;
    check(index.isPaged && delta.rowCount > 0, 'deltas: one of no rows');
    for (const run of delta.runs) {
      check(run.cell < index.cells.length && run.rowCount > 0, `deltas: rows of cell ${run.cell}`);
      run.first = row;
      row += run.rowCount;
    }
  }
  check(row === imageCount, `deltas: ${row} rows for ${imageCount} images`);
  check(sumOf(generations.map(({ rowCount }) => rowCount)) === row - firstRow, 'deltas: rows');
  check(
    [...removed].every((image) => image < imageCount),
    'deltas: a removed row beyond the others',
  );
}

const compareBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const pair = (list, v) => [Buffer.from(list[v - 1]), Buffer.from(list[v])];

// Columns of the images before, and those of a generation behind them.
export function joinColumns(before, more) {
  check(before.length === more.length, `deltas: ${more.length} columns`);
  return before.map((column, i) => {
    const { name, type, values, numbers } = more[i];
    check(name === column.name && type === column.type && type < 2, `deltas: column '${name}'`);
    if (type === 1) return { ...column, numbers: [...column.numbers, ...numbers] };
    for (const list of [values, column.values]) {
      const ascends = list.every((value, v) => v === 0 || Buffer.compare(...pair(list, v)) < 0);
      check(ascends, `deltas: values of '${name}'`);
    }
    const joined = [...new Set([...column.values, ...values])].sort(compareBytes);
    const moved = (from) => from.codes.map((code) => joined.indexOf(from.values[code]));
    return { ...column, values: joined, codes: [...moved(column), ...moved(more[i])] };
  });
}
