// In the page: fetches .npy matrices and measures a method.

// float16 as float32, all of them once.
function halfTable() {
  return Float32Array.from({ length: 1 << 16 }, (_, half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 0x3ff;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
  });
}

// {rows, dim, values}
export async function fetchNpy(url) {
  const buffer = await (await fetch(url)).arrayBuffer();
  const start = new TextDecoder('latin1').decode(new Uint8Array(buffer, 0, 128));
  const [, type, rows, dim] = /'descr': '<(f2|f4|u4)'.*'shape': \((\d+), (\d+)\)/.exec(start);
  const offset = 10 + new DataView(buffer).getUint16(8, true);
  if (type === 'u4') return { rows: +rows, dim: +dim, values: new Uint32Array(buffer, offset) };
  if (type === 'f4') return { rows: +rows, dim: +dim, values: new Float32Array(buffer, offset) };
  const table = halfTable();
  const halves = new Uint16Array(buffer, offset);
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; ++i) values[i] = table[halves[i]];
  return { rows: +rows, dim: +dim, values };
}

export const rowOf = ({ dim, values }, row) => values.subarray(row * dim, (row + 1) * dim);

// Builds by add(row) until all rows are in, the time is up or it is plain that it will be: graphs grow
// ever more slowly.
export function addRows(base, limitS, add) {
  const began = performance.now();
  for (let row = 0; row < base.rows; ++row) {
    add(row, rowOf(base, row));
    if (row % 256 !== 255) continue;
    const takenS = (performance.now() - began) / 1000;
    const wantedS = (takenS * base.rows) / (row + 1);
    if (takenS > limitS || (takenS > limitS / 10 && wantedS > 1.2 * limitS)) {
      const taken = `${row + 1} of ${base.rows} rows were in after ${Math.round(takenS)} s`;
      throw new Error(`building: ${taken}, given up (limit ${limitS} s)`);
    }
  }
}

async function memoryBytes() {
  const wasm = (window.wasmMemories ?? []).reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  const page = performance.measureUserAgentSpecificMemory
    ? (await performance.measureUserAgentSpecificMemory()).bytes
    : null;
  return { wasm, page };
}

const quantile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

// Only search() is timed; what it returns becomes rows of the base by rowsOf().
function measureSearch({ search, rowsOf }, queries, truth, count, passes, effort) {
  const times = new Float64Array(count).fill(Infinity);
  let found = 0;
  for (let pass = 0; pass < passes; ++pass) {
    found = 0;
    for (let i = 0; i < count; ++i) {
      const query = rowOf(queries, i);
      const began = performance.now();
      const answer = search(query, 10, effort);
      times[i] = Math.min(times[i], performance.now() - began);
      const nearest = rowOf(truth, i).subarray(0, 10);
      for (const row of rowsOf(answer)) if (nearest.includes(row)) ++found;
    }
  }
  times.sort();
  return {
    recall: found / (10 * count),
    p50Ms: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
  };
}

// Loads a method, builds or opens its index, and finds its first effort with enough recall. A method's
// prepare(query, k, effort) fetches what a search of it would have to wait for.
export async function measureMethod({ file, options, count, passes, goal }) {
  const began = performance.now();
  const method = await (await import(file)).load();
  const libraryMs = performance.now() - began;
  const opening = performance.now();
  const opened = { rowsOf: (rows) => rows, ...(await method.open(options)) };
  const { buildMs = 0, efforts } = opened;
  const openMs = performance.now() - opening - buildMs;
  const queries = [];
  for (const name of options.queries) {
    const asked = await fetchNpy(`/data/${name}_queries.npy`);
    const truth = await fetchNpy(`/data/truth_${name}_10.npy`);
    const used = Math.min(count, asked.rows);
    let point = null;
    for (const effort of efforts) {
      for (let i = 0; opened.prepare && i < used; ++i) {
        await opened.prepare(rowOf(asked, i), 10, effort);
      }
      const recallOf = (times) => measureSearch(opened, asked, truth, used, times, effort);
      point = { effort, ...recallOf(1) };
      if (point.recall < goal) continue;
      point = { effort, ...recallOf(passes) };
      break;
    }
    queries.push({ name, reached: point.recall >= goal, ...point });
  }
  return { libraryMs, openMs, buildMs, queries, memory: await memoryBytes() };
}
