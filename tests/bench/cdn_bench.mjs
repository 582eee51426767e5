// A visitor's first answer from a static host 20 Mbit/s and 40 ms away, with an empty cache: the npm
// package in Chromium opens a bundle and searches for one vector; every query is another visitor.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startChromium } from '../browser/browsers.mjs';
import { dependentRoundTrips, startShapedServer } from '../browser/shaped_server.mjs';
import { machine, printMarkdown, root, writePlot, writeResult } from './bench_output.mjs';
import { pagedBundle, residentBundle } from './bundles.mjs';
import { lineChart } from './line_chart.mjs';
import { readQueries, simulated, simulatedVectors } from './npy.mjs';

const line = { roundTripMs: 40, bitsPerSecond: 20e6 };
const packageFolder = join(root, 'build/web/package');
// The first answer: most of the true top 10 are among what is shown.
const mostShown = 50;
const firstGoal = 0.9;
// A bundle that is loaded whole takes its time for every visitor: fewer of them then.
const enoughS = 90;
// Beyond, nobody would wait for a bundle that is loaded whole.
const mostResident = 100_000;
const html = '<!doctype html><title>cdn</title><link rel="icon" href="data:,">';

// In the page: everything that was shown, with its time since 1970.
async function visit(vector) {
  const now = () => performance.timeOrigin + performance.now();
  const shown = [];
  const keep = ({ hits }) =>
    shown.push({ at: now(), ids: hits.map(({ imageId }) => Number(imageId)) });
  const { open } = await import('/package/sightline.js');
  const engine = await open('/bundle/');
  const search = engine.search({ vector: Float32Array.from(vector), k: 50 });
  for await (const partial of search) keep(partial);
  keep(await search);
  return { beganAt: performance.timeOrigin, shown };
}

const isLibrary = ({ path }) => path.startsWith('/package/') || path === '/index.html';

async function measureVisit(browser, bundle, query, truth) {
  const server = await startShapedServer({
    roots: { '/': Buffer.from(html), '/package/': packageFolder, '/bundle/': bundle },
    ...line,
  });
  const context = await browser.newContext({ serviceWorkers: 'block' });
  try {
    const page = await context.newPage();
    await page.goto(server.address);
    const { beganAt, shown } = await page.evaluate(visit, [...query]);
    const ofBundle = server.requests.filter((request) => !isLibrary(request));
    const sum = (requests) => requests.reduce((bytes, request) => bytes + request.bytes, 0);
    const within = (ids, most) =>
      ids.slice(0, most).filter((id) => truth.includes(id)).length / truth.length;
    const final = shown.at(-1);
    const first = shown.find(({ ids }) => within(ids, mostShown) >= firstGoal) ?? final;
    return {
      libraryBytes: sum(server.requests.filter(isLibrary)),
      firstBytes: sum(ofBundle.filter(({ endedMs }) => endedMs <= first.at)),
      bytes: sum(ofBundle.filter(({ endedMs }) => endedMs <= final.at)),
      requests: ofBundle.length,
      // manifest.json loads beside the library, so it is no round trip of its own.
      roundTrips: dependentRoundTrips(
        ofBundle.filter(({ path }) => !path.endsWith('manifest.json')),
      ),
      firstMs: first.at - beganAt,
      finalMs: final.at - beganAt,
      firstRecall: within(first.ids, mostShown),
      finalRecall: within(final.ids, 10),
    };
  } finally {
    await context.close();
    server.stop();
  }
}

const quantile = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function measureQueries(browser, bundle, { queries, truth }) {
  const visits = [];
  const began = performance.now();
  for (const [i, query] of queries.entries()) {
    visits.push(await measureVisit(browser, bundle, query, truth[i]));
    if (performance.now() - began > enoughS * 1000) break;
  }
  const all = (name) => visits.map((one) => one[name]);
  return {
    visits: visits.length,
    libraryBytes: visits[0].libraryBytes,
    firstBytes: quantile(all('firstBytes'), 0.5),
    bytes: { p50: quantile(all('bytes'), 0.5), p95: quantile(all('bytes'), 0.95) },
    requests: quantile(all('requests'), 0.5),
    roundTrips: Math.max(...all('roundTrips')),
    firstMs: quantile(all('firstMs'), 0.5),
    finalMs: quantile(all('finalMs'), 0.5),
    firstRecall: mean(all('firstRecall')),
    finalRecall: mean(all('finalRecall')),
  };
}

const kilobytes = (bytes) => `${Math.round(bytes / 1000).toLocaleString('en')} kB`;
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

export async function benchCdn({ rows: onlyRows, queries: most, bundle: given }) {
  if (!existsSync(packageFolder)) throw new Error(`no ${packageFolder}; run npm run build`);
  if (given && !onlyRows) throw new Error('--bundle needs --rows: whose vectors it holds');
  const sizes = onlyRows ? [onlyRows] : [10_000, 100_000, 1_000_000];
  console.log(
    `cdn: ${simulated}\n${machine()}; Chromium, 20 Mbit/s, round trip 40 ms, empty cache`,
  );
  const browser = await startChromium();
  const results = [];
  try {
    for (const rows of sizes) {
      const bundles = given
        ? { [given]: given }
        : {
            paged: pagedBundle(rows),
            ...(rows <= mostResident && { whole: residentBundle(rows) }),
          };
      const sets = readQueries(simulatedVectors(rows), ['text', 'image'], Math.min(most, 20));
      for (const [how, path] of Object.entries(bundles)) {
        for (const set of sets) {
          const measured = await measureQueries(browser, path, set);
          results.push({ rows, queries: set.name, how, ...measured });
        }
      }
    }
  } finally {
    await browser.close();
  }
  console.log();
  printMarkdown([
    [
      'rows',
      'queries',
      'bundle',
      'library',
      'first answer',
      'after',
      'top 10 in first 50',
      'final answer',
      'after',
      'p95',
      'requests',
      'round trips',
      'recall@10',
      'visits',
    ],
    ...results.map((one) => [
      one.rows.toLocaleString('en'),
      one.queries,
      one.how,
      kilobytes(one.libraryBytes),
      seconds(one.firstMs),
      kilobytes(one.firstBytes),
      one.firstRecall.toFixed(3),
      seconds(one.finalMs),
      kilobytes(one.bytes.p50),
      kilobytes(one.bytes.p95),
      `${one.requests}`,
      `${one.roundTrips}`,
      one.finalRecall.toFixed(3),
      `${one.visits}`,
    ]),
  ]);
  plot(results);
  writeResult('cdn', { simulated, line, results });
}

function plot(results) {
  const nameOf = ({ how, queries }) => `sightline ${how}, ${queries} queries`;
  const names = [...new Set(results.map(nameOf))];
  if (new Set(results.map(({ rows }) => rows)).size < 2) return;
  writePlot(
    'cdn',
    lineChart({
      title: 'Bytes of the bundle until the final answer, empty cache',
      subtitle: `${machine()}; simulated CLIP vectors × 512`,
      x: {
        label: 'rows',
        min: 4,
        max: 6,
        ticks: [4, 5, 6],
        format: (value) => (10 ** value).toLocaleString('en'),
      },
      y: { label: 'kB of the bundle', format: (value) => value.toLocaleString('en') },
      series: names.map((name) => ({
        name,
        ours: true,
        points: results
          .filter((one) => nameOf(one) === name)
          .map(({ rows, bytes }) => [Math.log10(rows), bytes.p50 / 1000]),
      })),
    }),
  );
}
