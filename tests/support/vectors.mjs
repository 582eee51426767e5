// Vectors for tests: clustered, of unit length, from a seed; and .npy files of any kind, good or bad.
import { writeFileSync } from 'node:fs';

// Numbers close to normal that a seed determines.
function normals(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return () => {
    let sum = -6;
    for (let i = 0; i < 12; ++i) sum += uniform();
    return sum;
  };
}

// rows × dim float32 around `clusters` centres; not scaled to unit length.
export function clusteredVectors({ rows, dim, clusters = 20, spread = 0.6, seed = 1, of = 1 }) {
  const centre = normals(of);
  const centres = Array.from({ length: clusters }, () =>
    Float32Array.from({ length: dim }, centre),
  );
  const normal = normals(seed + 1000);
  const values = new Float32Array(rows * dim);
  for (let row = 0; row < rows; ++row) {
    const near = centres[row % clusters];
    for (let i = 0; i < dim; ++i) values[row * dim + i] = near[i] + spread * normal();
  }
  return values;
}

// The rows scaled to unit length, to the last bit as the program does it.
export function unitRows(values, dim) {
  const unit = new Float32Array(values.length);
  for (let first = 0; first < values.length; first += dim) {
    const row = values.subarray(first, first + dim);
    const square = row.reduce((sum, value) => sum + value * value, 0);
    const scale = 1 / Math.sqrt(square);
    unit.set(
      row.map((value) => value * scale),
      first,
    );
  }
  return unit;
}

// descr: "<f4" and so on; values: a typed array of that kind; header overrides for bad files.
export function writeNpy(path, values, shape, { descr = '<f4', order = 'False' } = {}) {
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape.join(', ')}), }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0, 0]);
  start.writeUInt16LE(header.length, 8);
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  writeFileSync(path, Buffer.concat([start, Buffer.from(header), bytes]));
}

// The k nearest rows by cosine, nearest first.
export function nearestRows(values, dim, query, k) {
  const rows = values.length / dim;
  const scores = Array.from({ length: rows }, (_, row) => {
    let dot = 0;
    let square = 0;
    for (let i = 0; i < dim; ++i) {
      dot += values[row * dim + i] * query[i];
      square += values[row * dim + i] ** 2;
    }
    return [dot / Math.sqrt(square), row];
  });
  scores.sort(([a, i], [b, j]) => b - a || i - j);
  return scores.slice(0, k).map(([, row]) => row);
}
