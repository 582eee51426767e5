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
import { pagedBundleOf } from './bundles.mjs';
import { realVectors, siftVectors, simulated, simulatedVectors, streetsVectors } from './npy.mjs';

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

function measure({ data, bundle, names: queries }, count) {
  const names = queries.join(',');
  const program = join(root, 'build/bin/method_bench');
  const native = [program, '--data', data, '--queries', names, '--bundle', bundle];
  const lines = readLines(
    run(...oneCore([...native, '--query-limit', `${count}`]), { showProgress: true }),
  );
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

// [[recall, queries per second]] without those that find no more than a faster one.
function frontier(points) {
  let most = 0;
  return points
    .filter(({ recall_at_10: recall }) => recall > most && (most = recall))
    .map(({ recall_at_10: recall, queries_per_s: speed }) => [recall, speed]);
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
      // Made by `sightline build` before.
      method.startsWith('sightline bundle') ? '-' : `${whole(build_s)} s`,
    ]),
  ]);
  const chart = lineChart({
    title,
    subtitle: note,
    x: {
      label: `recall@10, ${queries} (up and to the right is better)`,
      min: 0.8,
      max: 1,
      ticks: [0.8, 0.85, 0.9, 0.95, 1],
      format: (value) => value.toFixed(2),
    },
    y: { label: 'queries per second, one core' },
    absent: 'below 0.80',
    series: rows.map(({ method, points, bytes_per_vector }) => ({
      name: `${method} (${whole(bytes_per_vector)} B)`,
      ours: method.startsWith('sightline'),
      points: frontier(points),
    })),
  });
  writePlot(plotName, chart);
}

// The collections, by their names on the command line: where they are and what their tables say.
const dataSets = {
  simulated: (rows) => ({
    data: simulatedVectors(rows),
    bundle: `${rows}`,
    title: `${whole(rows)} × 512 simulated CLIP`,
    names: ['text', 'image'],
  }),
  real: () => ({
    data: realVectors(),
    title: '900 × 512 real CLIP, photos',
    names: ['text', 'image'],
  }),
  streets: () => ({
    data: streetsVectors(),
    title: 'Rendered streets, the streets pair',
    names: ['text', 'image'],
  }),
  sift: () => ({ data: siftVectors(), title: '4,500 × 128 SIFT (real)', names: ['image'] }),
};

export function benchMethods({ rows, queries, data = 'simulated,sift' }) {
  const count = Math.min(queries, 500);
  const chosen = data.split(',');
  const unknown = chosen.find((name) => !Object.hasOwn(dataSets, name));
  if (unknown) throw new Error(`--data: ${unknown} is none of ${Object.keys(dataSets).join(', ')}`);
  console.log(`methods: ${chosen.includes('simulated') ? simulated : data}\n${machine()}`);
  const results = [];
  for (const name of chosen) {
    const set = dataSets[name](rows);
    const bundle = pagedBundleOf(set.bundle ?? name, set.data);
    const lines = measure({ ...set, bundle }, count);
    for (const { library, remedy } of lines.filter(({ benchmark }) => benchmark === 'missing')) {
      console.log(`\n*** ${library} IS NOT MEASURED: ${remedy} ***`);
    }
    for (const kind of set.names) {
      const summary = summarise(lines, kind);
      const asked = set.names.length > 1 ? `${kind} queries` : 'held-out queries';
      report(
        `${set.title}, ${asked}`,
        `${machine()}, one core, one query at a time`,
        summary,
        ['native', name, kind, ...(name === 'simulated' ? [rows] : [])].join('-'),
        asked,
      );
      results.push({ data: name, title: set.title, queries: kind, methods: summary });
    }
  }
  writeResult('native-methods', { rows, count, results });
}
