// Searches of a paged bundle from an empty cache, by the program: recall and what is fetched.
//   node tests/bench/cold_paged.mjs BUNDLE DATA [QUERIES] [-- OPTIONS OF sightline search]
// DATA is what simulate_vectors wrote. First answer: the true 10 among the 50 shown; settled: recall@10.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machine, printMarkdown, readLines, root, run } from './bench_output.mjs';
import { writeNpy } from '../support/vectors.mjs';
import { readNpy } from './npy.mjs';

const split = process.argv.indexOf('--') < 0 ? process.argv.length : process.argv.indexOf('--');
const [bundle, data, limit = '500'] = process.argv.slice(2, split);
const options = process.argv.slice(split + 1);
const folder = mkdtempSync(join(tmpdir(), 'sightline-cold-'));

function measure(kind, stage, k) {
  const queries = readNpy(join(data, `${kind}_queries.npy`), Number(limit));
  const truth = readNpy(join(data, `truth_${kind}_10.npy`), queries.rows);
  const path = join(folder, `${kind}.npy`);
  writeNpy(path, queries.values, [queries.rows, queries.dim]);
  const args = ['search', bundle, '--vectors', path, '--k', `${k}`, '--cold', '--stage', stage];
  const answers = readLines(run(join(root, 'build/bin/sightline'), [...args, ...options]));
  let found = 0;
  for (const { query, hits } of answers) {
    const nearest = new Set(truth.values.subarray(query * truth.dim, query * truth.dim + 10));
    found += hits.filter((hit) => nearest.has(Number(hit.image_id))).length;
  }
  const bytes = answers.map((answer) => answer.bytes).sort((a, b) => a - b);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const kB = (value) => `${Math.round(value / 1000).toLocaleString('en')} kB`;
  return [
    ...[kind, stage, (found / 10 / answers.length).toFixed(3), kB(mean(bytes))],
    kB(bytes[Math.floor(bytes.length * 0.95)]),
    mean(answers.map(({ objects }) => objects)).toFixed(0),
    `${Math.max(...answers.map((answer) => answer.round_trips))}`,
  ];
}

console.log(`${bundle}, ${limit} queries of a kind at most\n${machine()}\n`);
try {
  printMarkdown([
    ['queries', 'answer', 'recall', 'bytes, mean', 'p95', 'objects', 'round trips'],
    ...['text', 'image'].flatMap((kind) => [
      measure(kind, 'first', 50),
      measure(kind, 'settled', 10),
    ]),
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
