// The core beside hnswlib and, where asked, WebAssembly beside the native core.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { folder, machine, printTable, readLines, root, run, writeResult } from './bench_output.mjs';

const microseconds = (value) => (value === undefined ? '-' : `${value.toFixed(1)} µs`);
const ratio = (value, of) => (value && of ? (value / of).toFixed(2) : '-');

// Emscripten's loader takes a global fetch for a browser's.
function nodeFlags() {
  const flag = '--no-experimental-fetch';
  return process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
}

export function benchCore({ rows, queries, withWasm }) {
  mkdirSync(folder, { recursive: true });
  const data = join(folder, `core-${rows}-${queries}.bin`);
  const size = ['--rows', String(rows), '--queries', String(queries), '--data', data];
  console.log(`core: ${rows} × 512, ${queries} text-like queries, one thread\n${machine()}\n`);
  const native = readLines(run(join(root, 'build/bin/core_bench'), size));
  const program = join(root, 'build/wasm/bin/core_bench.js');
  const wasm = withWasm
    ? readLines(run(process.execPath, [...nodeFlags(), program, '--data', data]))
    : [];
  rmSync(data, { force: true });

  const lines = [...native, ...wasm];
  const find = (fields) =>
    lines.find((line) => Object.entries(fields).every(([name, value]) => line[name] === value));
  const kernels = [...new Set(lines.map(({ kernel }) => kernel))].filter(
    (kernel) => kernel && kernel !== 'its own',
  );
  const theirs = find({ benchmark: 'hnsw', engine: 'hnswlib' });

  const searches = [theirs, ...kernels.map((kernel) => find({ benchmark: 'hnsw', kernel }))];
  printTable([
    ['graph search at recall@10 0.95', 'efSearch', 'recall@10', 'p50', 'of hnswlib'],
    ...searches
      .filter(Boolean)
      .map((line) => [
        `${line.engine}, ${line.kernel}`,
        `${line.ef_search}`,
        line.recall_at_10.toFixed(4),
        microseconds(line.p50_us),
        ratio(line.p50_us, theirs?.p50_us),
      ]),
  ]);
  console.log();
  const functions = ['dot_f32', 'dot_i16_i8', 'dot_i16_u4'];
  const dot = (name, kernel) => find({ benchmark: 'dot', function: name, kernel })?.ns;
  printTable([
    ['kernel', 'exact scan', ...functions],
    ...kernels.map((kernel) => [
      kernel,
      microseconds(find({ benchmark: 'exact_scan', kernel })?.best_us),
      ...functions.map((name) => `${dot(name, kernel)?.toFixed(1) ?? '-'} ns`),
    ]),
  ]);
  if (withWasm) printComparison({ find, dot, native, wasm });
  writeResult(withWasm ? 'wasm' : 'native', { rows, queries, native, wasm });
}

// WebAssembly has 128-bit registers, so it is compared with the 128-bit native kernels.
function printComparison({ find, dot, native, wasm }) {
  const of = (benchmark, field) =>
    ratio(
      find({ benchmark, kernel: 'wasm-simd128' })?.[field],
      find({ benchmark, kernel: 'sse4.1' })?.[field],
    );
  console.log();
  printTable([
    ['WebAssembly / native with 128-bit kernels', 'ratio'],
    ['graph search, p50', of('hnsw', 'p50_us')],
    ['exact scan', of('exact_scan', 'best_us')],
    ['dot_i16_i8', ratio(dot('dot_i16_i8', 'wasm-simd128'), dot('dot_i16_i8', 'sse4.1'))],
  ]);
  const hash = (lines) => lines.find(({ benchmark }) => benchmark === 'answers')?.sha256;
  const same = hash(native) === hash(wasm);
  console.log(
    `\nids, distances and similarities of all queries: ${same ? 'identical' : 'DIFFERENT'}`,
  );
  if (!same) process.exitCode = 1;
}
