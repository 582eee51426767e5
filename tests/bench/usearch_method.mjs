// USearch through its npm package: node tests/bench/usearch_method.mjs DATA QUERIES,... COUNT
// Prints the lines of method_bench. A search is a call from JavaScript, as its users make it.
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readNpy, readQueries } from './npy.mjs';
import { requirePeer } from './peer_packages.mjs';

const [data, names, count] = process.argv.slice(2);
const { Index, MetricKind, ScalarKind } = requirePeer('usearch');
const efSearchSteps = [10, 16, 24, 40, 56, 80, 112, 160, 224, 320, 448, 640, 900, 1280];
const k = 10;
const passes = 3;

const base = readNpy(join(data, 'base.npy'));
const sets = readQueries(data, names.split(','), Number(count));
const print = (line) => console.log(JSON.stringify(line));

// What the search parameter is, an index learns only when it is made.
const make = (quantization, expansion_search) =>
  new Index({
    dimensions: base.dim,
    metric: MetricKind.IP,
    quantization,
    connectivity: 16,
    expansion_add: 200,
    expansion_search,
    multi: false,
  });

function measure(index, { queries, truth }) {
  const times = new Float64Array(queries.length).fill(Infinity);
  let found = 0;
  for (let pass = 0; pass < passes; ++pass) {
    found = 0;
    queries.forEach((query, i) => {
      const start = performance.now();
      const { keys } = index.search(query, k, 1);
      times[i] = Math.min(times[i], performance.now() - start);
      for (const key of keys) if (truth[i].includes(Number(key))) ++found;
    });
  }
  const total = times.reduce((sum, time) => sum + time, 0);
  return {
    recall_at_10: found / (k * queries.length),
    queries_per_s: (queries.length * 1000) / total,
    p50_us: times.sort()[times.length >> 1] * 1000,
  };
}

for (const [method, quantization] of [
  ['usearch f32', ScalarKind.F32],
  ['usearch i8', ScalarKind.I8],
]) {
  process.stderr.write(`${method}\n`);
  const file = join(data, `${quantization}.usearch`);
  const started = performance.now();
  const built = make(quantization, 50);
  const keys = BigUint64Array.from({ length: base.rows }, (_, row) => BigInt(row));
  built.add(keys, base.values, 1);
  const build_s = (performance.now() - started) / 1000;
  built.save(file);
  const bytes_per_vector = statSync(file).size / base.rows;
  const { rows, dim } = base;
  print({ benchmark: 'build', method, rows, dim, build_s, bytes_per_vector });
  for (const set of sets) {
    for (const efSearch of efSearchSteps) {
      const index = make(quantization, efSearch);
      index.load(file);
      const point = measure(index, set);
      print({
        benchmark: 'curve',
        ...{ method, queries: set.name, effort: `efSearch ${efSearch}`, ...point },
      });
      if (point.recall_at_10 >= 0.995) break;
    }
  }
  rmSync(file);
}
