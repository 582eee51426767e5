// Every library in one run: recall@10 against queries per second and bytes per vector, one core.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  machine,
  oneCore,
  printMarkdown,
  readLines,
  root,
  run,
  writePlot,
  writeResult,
} from './bench_output.mjs';
import { lineChart } from './line_chart.mjs';
import { siftVectors, simulated, simulatedVectors } from './npy.mjs';

const goals = [0.9, 0.95, 0.99];
const usearchProgram = fileURLToPath(new URL('./usearch_method.mjs', import.meta.url));

// Queries per second where the curve crosses the goal, between two measured points; null: never.
function speedAt(points, goal) {
  const next = points.findIndex(({ recall_at_10: recall }) => recall >= goal);
  if (next < 0) return null;
  if (next === 0) return points[0].queries_per_s;
  const [before, after] = points.slice(next - 1, next + 1);
  const share =
    (goal - before.recall_at_10) / Math.max(1e-9, after.recall_at_10 - before.recall_at_10);
  return before.queries_per_s * (after.queries_per_s / before.queries_per_s) ** share;
}

function measure(data, queries, count, withUsearch) {
  const names = queries.join(',');
  const native = [join(root, 'build/bin/method_bench'), '--data', data, '--queries', names];
  const lines = readLines(
    run(...oneCore([...native, '--query-limit', `${count}`]), { showProgress: true }),
  );
  if (!withUsearch) return lines;
  try {
    const command = [process.execPath, usearchProgram, data, names, `${count}`];
    lines.push(...readLines(run(...oneCore(command), { showProgress: true })));
  } catch (error) {
    lines.push({ benchmark: 'missing', library: 'USearch', remedy: error.message.split('\n')[0] });
  }
  return lines;
}

function summarise(lines, queries) {
  return lines
    .filter(({ benchmark }) => benchmark === 'build')
    .map(({ method, build_s, bytes_per_vector }) => {
      const points = lines.filter(
        (line) => line.benchmark === 'curve' && line.method === method && line.queries === queries,
      );
      const speeds = goals.map((goal) => speedAt(points, goal));
      return { method, build_s, bytes_per_vector, points, speeds };
    });
}

const whole = (value) => Math.round(value).toLocaleString('en');

function report(title, note, rows, plotName, queries) {
  const reference = rows.find(({ method }) => method === 'hnswlib')?.speeds[1];
  console.log(`\n${title}\n`);
  printMarkdown([
    [
      'method',
      ...goals.map((goal) => `q/s at ${goal}`),
      'of hnswlib at 0.95',
      'bytes/vector',
      'build',
    ],
    ...rows.map(({ method, speeds, bytes_per_vector, build_s }) => [
      method,
      ...speeds.map((speed) => (speed ? whole(speed) : 'not reached')),
      speeds[1] && reference ? `${(speeds[1] / reference).toFixed(2)} ×` : '-',
      whole(bytes_per_vector),
      `${whole(build_s)} s`,
    ]),
  ]);
  const chart = lineChart({
    title,
    subtitle: note,
    x: {
      label: `recall@10, ${queries}`,
      min: 0.8,
      max: 1,
      ticks: [0.8, 0.85, 0.9, 0.95, 1],
      format: (value) => value.toFixed(2),
    },
    y: { label: 'queries per second, one core' },
    series: rows.map(({ method, points, bytes_per_vector }) => ({
      name: `${method} (${whole(bytes_per_vector)} B)`,
      ours: method.startsWith('sightline'),
      points: points.map((point) => [point.recall_at_10, point.queries_per_s]),
    })),
  });
  writePlot(plotName, chart);
}

export function benchMethods({ rows, queries }) {
  const count = Math.min(queries, 500);
  console.log(`methods: ${rows} × 512, ${simulated}\n${machine()}`);
  const sets = [
    {
      data: simulatedVectors(rows),
      size: `${whole(rows)} × 512`,
      names: ['text', 'image'],
      simulated: true,
    },
    { data: siftVectors(), size: '4,500 × 128', names: ['image'], simulated: false },
  ];
  const results = [];
  for (const set of sets) {
    const lines = measure(set.data, set.names, count, true);
    for (const { library, remedy } of lines.filter(({ benchmark }) => benchmark === 'missing')) {
      console.log(`\n*** ${library} IS NOT MEASURED: ${remedy} ***`);
    }
    for (const name of set.names) {
      const summary = summarise(lines, name);
      const what = set.simulated
        ? `simulated CLIP, ${name} queries`
        : 'SIFT (real), held-out queries';
      report(
        `${set.size} ${what}`,
        `${machine()}, one core, one query at a time`,
        summary,
        set.simulated ? `native-${name}-${rows}` : 'native-sift',
        set.simulated ? `${name} queries` : 'held-out queries',
      );
      results.push({ data: set.size, simulated: set.simulated, queries: name, methods: summary });
    }
  }
  writeResult('native-methods', { rows, count, results });
}
