// Searches of a paged bundle with every cell in memory, in WebAssembly on one thread:
//   node tests/bench/warm_paged.mjs BUNDLE QUERIES.npy [TRUTH.npy]
// Times the search alone, pieces of the refined rows already fetched; recall@10 of the same searches.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { machine, root } from './bench_output.mjs';
import { readNpy } from './npy.mjs';

const [bundle, queriesPath, truthPath] = process.argv.slice(2);
const { default: createCore } = await import(
  pathToFileURL(join(root, 'build/web/sightline_core.mjs')).href
);
let memory;
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (...args) => {
  const result = await instantiate(...args);
  const { exports } = result.instance ?? result;
  memory = Object.values(exports).find((value) => value instanceof WebAssembly.Memory);
  return result;
};
const linearMegabytes = () => (memory.buffer.byteLength / 1e6).toFixed(0);
const core = await createCore({
  wasmBinary: readFileSync(join(root, 'build/web/sightline_core.wasm')),
});
const manifest = JSON.parse(readFileSync(join(bundle, 'manifest.json'), 'utf8'));
const { sha256, stored_bytes: storedBytes, raw_bytes: rawBytes, compression } = manifest.root;
const rootRef = {
  ...{ kind: 1, compression: compression === 'zstd' ? 1 : 0, storedBytes, rawBytes, sha256 },
  name: `objects/${sha256.slice(0, 2)}/${sha256}.root`,
};
const read = (ref) => readFileSync(join(bundle, ref.name));
const searcher = core.Searcher.open(rootRef, read(rootRef));
const add = (refs) => refs.forEach((ref) => searcher.addObject(ref, read(ref)));
const { imageCount } = searcher.root();
for (let image = 0; image < imageCount; image += 20) add(searcher.missingForRecord(image));
searcher.searchResidentCells();
const cellBytes = searcher.residentBytes();
const withCells = linearMegabytes();

const queries = readNpy(queriesPath);
const truth = truthPath ? readNpy(truthPath) : null;
const options = {
  ...{ kind: 'text', path: 'hnsw', k: 10, efSearch: 50, filters: [], excludedImage: null },
  familiarity: 1,
};
const times = [];
let found = 0;
for (let query = 0; query < queries.rows; ++query) {
  const vector = queries.values.subarray(query * queries.dim, (query + 1) * queries.dim);
  const fetching = searcher.ask(vector, options);
  for (let hits = fetching.step(false); hits.missing.length > 0; hits = fetching.step(false)) {
    add(hits.missing);
  }
  fetching.delete();
  const began = performance.now();
  const search = searcher.ask(vector, options);
  const hits = search.step(false);
  times.push(performance.now() - began);
  search.delete();
  if (!truth) continue;
  const ids = [...hits.images].map((image) => {
    const { piece, position } = searcher.findRecord(image);
    return Number(core.readRecords(piece, core.unpackObject(piece, read(piece)))[position].imageId);
  });
  const nearest = truth.values.subarray(query * truth.dim, query * truth.dim + 10);
  found += [...nearest].filter((row) => ids.includes(row)).length;
}
times.sort((a, b) => a - b);
console.log(machine());
console.log(
  `${imageCount} rows, all cells in memory (${(cellBytes / 1e6).toFixed(1)} MB), ${times.length} queries: ` +
    `p50 ${times[times.length >> 1].toFixed(2)} ms, p95 ${times[Math.floor(times.length * 0.95)].toFixed(2)} ms` +
    (truth ? `, recall@10 ${(found / 10 / times.length).toFixed(4)}` : ''),
);
console.log(
  `linear memory: ${withCells} MB with the cells, ${linearMegabytes()} MB after the queries`,
);
