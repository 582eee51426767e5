// What a filtered search of a paged bundle costs and finds, from an empty cache:
//   node tests/bench/filter_bench.mjs DATA BUNDLE [QUERIES]
// DATA is a folder of simulate_vectors, BUNDLE was built of it with the records of
// facet_records.mjs. Recall against float32 over the rows that qualify.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeNpy } from '../support/vectors.mjs';
import {
  folder,
  machine,
  printMarkdown,
  readLines,
  root,
  run,
  writeResult,
} from './bench_output.mjs';
import { facetsOf } from './facet_records.mjs';
import { readNpy, simulated } from './npy.mjs';

const [data, bundle, most = '100'] = process.argv.slice(2);
const base = readNpy(join(data, 'base.npy'));
const facets = facetsOf(base);
const queries = readNpy(join(data, 'text_queries.npy'), Number(most));
const { dim } = base;
mkdirSync(folder, { recursive: true });
const asked = join(folder, 'filter_queries.npy');
writeNpy(asked, queries.values, [queries.rows, dim]);

const cases = [
  ['none', null, () => true],
  ...['half', 'tenth', 'hundredth', 'thousandth'].flatMap((value) => [
    [`share = ${value}`, `share = ${value}`, (row) => row.share === value],
    [`region = ${value}`, `region = ${value}`, (row) => row.region === value],
  ]),
  ...[0.5, 0.9, 0.99, 0.999].map((least) => [
    ...[`height >= ${least}`, `height >= ${least}`, (row) => row.height >= least],
  ]),
  ['drive = drive_0500', 'drive = drive_0500', (row) => row.drive === 'drive_0500'],
];

const similarities = Array.from({ length: queries.rows }, (_, query) => {
  const vector = queries.values.subarray(query * dim, (query + 1) * dim);
  const products = new Float32Array(base.rows);
  for (let row = 0; row < base.rows; ++row) {
    let sum = 0;
    for (let i = 0; i < dim; ++i) sum += vector[i] * base.values[row * dim + i];
    products[row] = sum;
  }
  return products;
});

function nearest(query, rows) {
  const products = similarities[query];
  return [...rows].sort((a, b) => products[b] - products[a] || a - b).slice(0, 10);
}

const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;

const table = [
  [
    ...['filter', 'rows that qualify', 'first: bytes', 'of no filter', 'true 10 in first 50'],
    ...['settled: bytes', 'recall@10', 'round trips'],
  ],
];
const results = [];
let unfiltered;
for (const [name, filter, holds] of cases) {
  const rows = facets.flatMap((row, i) => (holds(row) ? [i] : []));
  const truth = Array.from({ length: queries.rows }, (_, query) => nearest(query, rows));
  const search = (stage, k) => {
    const answers = readLines(
      run(join(root, 'build/bin/sightline'), [
        ...['search', bundle, '--vectors', asked, '--cold', '--json'],
        ...['--k', `${k}`, '--stage', stage, ...(filter ? ['--filter', filter] : [])],
      ]),
    );
    const found = answers.map(({ hits }, query) => {
      const ids = new Set(hits.map((hit) => Number(hit.image_id)));
      return truth[query].filter((row) => ids.has(row)).length / truth[query].length;
    });
    return {
      bytes: average(answers.map(({ bytes }) => bytes)),
      objects: average(answers.map(({ objects }) => objects)),
      roundTrips: Math.max(...answers.map(({ round_trips: trips }) => trips)),
      recall: average(found),
    };
  };
  const first = search('first', 50);
  const settled = search('settled', 10);
  unfiltered ??= first.bytes;
  results.push({ name, rows: rows.length, first, settled });
  table.push([
    ...[name, rows.length.toLocaleString('en'), kilobytes(first.bytes)],
    ...[`${(first.bytes / unfiltered).toFixed(2)} ×`, first.recall.toFixed(3)],
    ...[kilobytes(settled.bytes), settled.recall.toFixed(3), `${settled.roundTrips}`],
  ]);
}
console.log(`${machine()}; ${base.rows} rows × ${dim}, ${simulated}; ${queries.rows} queries`);
printMarkdown(table);
writeResult('filters', { rows: base.rows, queries: queries.rows, results });
