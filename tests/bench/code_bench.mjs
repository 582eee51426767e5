// Our codes beside RaBitQ, product and scalar quantisers: what an inner product with the code finds.
import { join } from 'node:path';
import {
  machine,
  oneCore,
  printMarkdown,
  readLines,
  root,
  run,
  writeResult,
} from './bench_output.mjs';
import { simulated, simulatedVectors } from './npy.mjs';

export function benchCodes({ rows = 100_000, queries }) {
  const count = Math.min(queries, 200);
  console.log(`codes: ${rows} × 512, ${simulated}\n${machine()}\n`);
  const program = join(root, 'build/bin/code_bench');
  const command = [program, '--data', simulatedVectors(rows), '--query-limit', `${count}`];
  const lines = readLines(run(...oneCore(command), { showProgress: true }));
  const of = (line, kind) =>
    lines.find(
      ({ code, row_bytes, queries: asked }) =>
        code === line.code && row_bytes === line.row_bytes && asked === kind,
    );
  const cells = ({ recall_at_10, within_50, refined_100 }) =>
    [recall_at_10, within_50, refined_100].map((value) => value.toFixed(3));
  printMarkdown([
    [
      'code',
      'bytes/row',
      ...['text', 'image'].flatMap((kind) => [`${kind}: recall@10`, 'within 50', 'refined 100']),
    ],
    ...lines
      .filter((line) => line.queries === 'text')
      .map((line) => [line.code, `${line.row_bytes}`, ...cells(line), ...cells(of(line, 'image'))]),
  ]);
  writeResult('codes', { rows, count, lines });
}
