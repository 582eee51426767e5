// Reads the .npy files that simulate_vectors writes, and makes them where they are missing.
import { closeSync, existsSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { folder, root, run } from './bench_output.mjs';

export const seed = 7;
export const simulated =
  'simulated CLIP image vectors (fitted to 1,000 real ones); text queries are real CLIP vectors';

let halfTable;
// Every float16 as float32.
function halves() {
  if (halfTable) return halfTable;
  halfTable = new Float32Array(1 << 16);
  for (let half = 0; half < 1 << 16; ++half) {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 0x3ff;
    halfTable[half] =
      sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
  }
  return halfTable;
}

// {rows, dim, values}: a Float32Array, or a Uint32Array where the file holds ordinals.
export function readNpy(path, mostRows = Infinity) {
  const file = openSync(path);
  const start = Buffer.alloc(128);
  readSync(file, start, 0, 128, 0);
  const found = /'descr': '<(f2|f4|u4)'.*'shape': \((\d+), (\d+)\)/.exec(start.toString('latin1'));
  if (!found) throw new Error(`${path}: not a matrix of float16, float32 or uint32`);
  const [, type, height, width] = found;
  const rows = Math.min(Number(height), mostRows);
  const dim = Number(width);
  const raw = new ArrayBuffer(rows * dim * (type === 'f2' ? 2 : 4));
  const bytes = new Uint8Array(raw);
  // One read returns at most 2 GiB.
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(bytes.length - at, 1 << 30);
    const read = readSync(file, bytes, at, length, 10 + start.readUInt16LE(8) + at);
    if (read === 0) throw new Error(`${path} is cut short`);
    at += read;
  }
  closeSync(file);
  if (type === 'u4') return { rows, dim, values: new Uint32Array(raw) };
  if (type === 'f4') return { rows, dim, values: new Float32Array(raw) };
  const table = halves();
  const stored = new Uint16Array(raw);
  const values = new Float32Array(stored.length);
  for (let i = 0; i < values.length; ++i) values[i] = table[stored[i]];
  return { rows, dim, values };
}

// Makes a data folder once; an unfinished one is never taken for whole.
function makeOnce(name, program, args) {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  rmSync(`${path}.unfinished`, { recursive: true, force: true });
  const out = ['--out', `${path}.unfinished`];
  run(join(root, 'build/bin', program), [...args, ...out], { showProgress: true });
  renameSync(`${path}.unfinished`, path);
  return path;
}

// The folder with base.npy, text_queries.npy, image_queries.npy and their exact answers.
export const simulatedVectors = (rows) =>
  makeOnce(`clip-${rows}-${seed}`, 'simulate_vectors', ['--rows', `${rows}`, '--seed', `${seed}`]);

// 4,500 SIFT vectors with 500 held-out queries ("image"), dimension 128.
export const siftVectors = () => makeOnce('sift5k', 'sift_vectors', []);

// 900 real CLIP vectors of photos, with 100 held-out ones and the vectors of class names as queries.
export const realVectors = () => makeOnce('clip-real', 'stored_vectors', []);

// The frames that `npm run bench -- streets` rendered and indexed, and the texts that it asked.
export function streetsVectors() {
  const exported = join(folder, 'streets-export');
  const [images, texts] = ['embeddings.npy', 'texts.npy'].map((name) => join(exported, name));
  if (!existsSync(texts)) throw new Error(`no ${texts}; run npm run bench -- streets`);
  return makeOnce('streets-vectors', 'stored_vectors', ['--images', images, '--texts', texts]);
}

// [{name, queries: [Float32Array], truth: [Uint32Array of 10]}]
export function readQueries(data, names, count) {
  return names.map((name) => {
    const { rows, dim, values } = readNpy(join(data, `${name}_queries.npy`), count);
    const truth = readNpy(join(data, `truth_${name}_10.npy`), rows);
    const slices = (matrix) =>
      Array.from({ length: matrix.rows }, (_, i) =>
        matrix.values.slice(i * matrix.dim, (i + 1) * matrix.dim),
      );
    return { name, queries: slices({ rows, dim, values }), truth: slices(truth) };
  });
}
