// A visitor's first answer from a static host 20 Mbit/s and 40 ms away, with an empty cache: the npm
// package in Chromium opens a bundle and searches for one vector; every query is another visitor. Beside
// it the vectors themselves, fetched whole, scanned or indexed in the page by the libraries for that.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChromium } from '../browser/browsers.mjs';
import { dependentRoundTrips, startShapedServer } from '../browser/shaped_server.mjs';
import { machine, printMarkdown, root, writePlot, writeResult } from './bench_output.mjs';
import { pagedBundle, residentBundle } from './bundles.mjs';
import { lineChart } from './line_chart.mjs';
import { readQueries, simulated, simulatedVectors } from './npy.mjs';
import { peerModules, peerVersions } from './peer_packages.mjs';

const line = { roundTripMs: 40, bitsPerSecond: 20e6 };
const packageFolder = join(root, 'build/web/package');
// The first answer: most of the true top 10 are among what is shown.
const mostShown = 50;
const firstGoal = 0.9;
// A bundle that is loaded whole takes its time for every visitor: fewer of them then.
const enoughS = 90;
// Beyond, nobody would wait for a bundle that is loaded whole.
const mostResident = 100_000;
// Libraries that build an index in the page take minutes beyond.
const mostBuilt = 10_000;
const peerLimitS = 600;
const peers = [
  { how: 'vectors, scanned', file: 'vectors.js' },
  { how: `hnswlib-wasm ${peerVersions['hnswlib-wasm']}`, file: 'hnswlib_wasm.js', builds: true },
  { how: `edgevec ${peerVersions.edgevec}`, file: 'edgevec.js', builds: true },
  { how: `voy-search ${peerVersions['voy-search']}`, file: 'voy.js', builds: true },
];
const peerPages = fileURLToPath(new URL('./browser', import.meta.url));
const html = '<!doctype html><title>cdn</title><link rel="icon" href="data:,">';

// In the page: everything that was shown, with its time since 1970.
async function visit({ vector, file, limitS }) {
  const now = () => performance.timeOrigin + performance.now();
  const shown = [];
  const query = Float32Array.from(vector);
  if (file) {
    const method = await (await import(`/bench/${file}`)).load();
    const { search, efforts } = await method.open({ limitS });
    shown.push({ ids: [...search(query, 50, efforts.at(-1))], at: now() });
  } else {
    const keep = ({ hits }) =>
      shown.push({ at: now(), ids: hits.map(({ imageId }) => Number(imageId)) });
    const { open } = await import('/package/sightline.js');
    const engine = await open('/bundle/');
    const answer = engine.search({ vector: query, k: 50 });
    for await (const partial of answer) keep(partial);
    keep(await answer);
  }
  return { beganAt: performance.timeOrigin, shown };
}

const isLibrary = ({ path }) => !path.startsWith('/bundle/') && !path.startsWith('/data/');

// roots: what is served beside the page; file: of the peer, or none.
async function measureVisit(browser, { roots, file }, query, truth) {
  const server = await startShapedServer({ roots: { '/': Buffer.from(html), ...roots }, ...line });
  const context = await browser.newContext({ serviceWorkers: 'block' });
  try {
    const page = await context.newPage();
    await page.goto(server.address);
    const task = { vector: [...query], file, limitS: peerLimitS };
    const { beganAt, shown } = await page.evaluate(visit, task);
    const ofBundle = server.requests.filter((request) => !isLibrary(request));
    const sum = (requests) => requests.reduce((bytes, request) => bytes + request.bytes, 0);
    const within = (ids, most) =>
      ids.slice(0, most).filter((id) => truth.includes(id)).length / truth.length;
    const final = shown.at(-1);
    const first = shown.find(({ ids }) => within(ids, mostShown) >= firstGoal) ?? final;
    const until = (at) => ofBundle.filter(({ endedMs }) => endedMs <= at);
    return {
      libraryBytes: sum(server.requests.filter(isLibrary)),
      firstBytes: sum(until(first.at)),
      bytes: sum(until(final.at)),
      requests: until(final.at).length,
      // manifest.json loads beside the library, so it is no round trip of its own.
      roundTrips: dependentRoundTrips(
        until(final.at).filter(({ path }) => !path.endsWith('manifest.json')),
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

async function measureQueries(browser, served, { queries, truth }, most) {
  const visits = [];
  const began = performance.now();
  for (const [i, query] of queries.slice(0, most).entries()) {
    visits.push(await measureVisit(browser, served, query, truth[i]));
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

// What can be served at a size: [{how, roots, file, most}], most: visits.
function servedAt(rows, given) {
  const ofBundle = (how, bundle) => ({
    how,
    roots: { '/package/': packageFolder, '/bundle/': bundle },
    most: Infinity,
  });
  if (given) return [ofBundle('sightline, given', given)];
  const wholes = rows > mostResident ? [] : [ofBundle('sightline whole', residentBundle(rows))];
  return [
    ofBundle('sightline paged', pagedBundle(rows)),
    ...wholes,
    ...peers
      .filter(({ builds }) => rows <= (builds ? mostBuilt : mostResident))
      .map(({ how, file }) => ({
        ...{ how, file },
        roots: { '/bench/': peerPages, '/peers/': peerModules(), '/data/': simulatedVectors(rows) },
        // What is fetched does not depend on the query.
        most: 1,
      })),
  ];
}

export async function benchCdn({ sizes: onlySizes, queries: most, bundle: given }) {
  if (!existsSync(packageFolder)) throw new Error(`no ${packageFolder}; run npm run build`);
  if (given && onlySizes?.length !== 1) {
    throw new Error('--bundle needs --rows: whose vectors it holds');
  }
  const sizes = onlySizes ?? [10_000, 100_000, 1_000_000];
  console.log(
    `cdn: ${simulated}\n${machine()}; Chromium, 20 Mbit/s, round trip 40 ms, empty cache`,
  );
  const browser = await startChromium();
  const results = [];
  try {
    for (const rows of sizes) {
      const sets = readQueries(simulatedVectors(rows), ['text', 'image'], Math.min(most, 20));
      for (const served of servedAt(rows, given)) {
        for (const set of sets) {
          process.stderr.write(`${rows} rows: ${served.how}, ${set.name} queries\n`);
          const row = { rows, queries: set.name, how: served.how };
          try {
            const measured = await measureQueries(browser, served, set, served.most);
            results.push({ ...row, ...measured });
          } catch (error) {
            results.push({ ...row, error: error.message.split('\n')[0].slice(0, 160) });
          }
        }
      }
    }
  } finally {
    await browser.close();
  }
  report(results);
  if (sizes.length > 1) plot(results, sizes);
  writeResult(['cdn', ...(onlySizes ? [onlySizes.join('-')] : [])].join('-'), {
    ...{ simulated, line, results },
  });
}

function report(results) {
  console.log();
  printMarkdown([
    [
      'rows',
      'queries',
      'from the host',
      'library',
      'first answer',
      'after',
      'top 10 in first 50',
      'final answer',
      'after',
      'p95',
      'requests',
      'longest chain',
      'recall@10',
      'visits',
    ],
    ...results.map((one) =>
      one.error
        ? [one.rows.toLocaleString('en'), one.queries, one.how, one.error, ...Array(10).fill('')]
        : [
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
          ],
    ),
  ]);
}

// Of text queries; those for images cost about the same.
function plot(results, sizes) {
  const seen = results.filter(({ queries, error }) => queries === 'text' && !error);
  const names = [...new Set(seen.map(({ how }) => how))];
  const draw = (name, title, label, names, valueOf) =>
    writePlot(
      name,
      lineChart({
        title,
        subtitle: `${machine()}; Chromium, 20 Mbit/s, 40 ms; simulated CLIP vectors × 512`,
        x: {
          label: 'rows (a dot alone: measured at one size only)',
          min: Math.log10(sizes[0]) - 0.05,
          max: Math.log10(sizes.at(-1)) + 0.05,
          ticks: sizes.map(Math.log10),
          format: (value) => Math.round(10 ** value).toLocaleString('en'),
        },
        y: { label },
        series: names.map((how) => ({
          name: how,
          ours: how.startsWith('sightline'),
          points: seen
            .filter((one) => one.how === how)
            .map((one) => [Math.log10(one.rows), valueOf(one)]),
        })),
      }),
    );
  draw(
    'cdn-bytes',
    'Fetched from an empty cache until the final answer to a text query',
    'megabytes, the library apart',
    // The libraries that index in the page fetch the same vectors.
    names.filter((how) => !peers.some((peer) => peer.builds && peer.how === how)),
    ({ bytes }) => bytes.p50 / 1e6,
  );
  draw(
    'cdn-seconds',
    'From navigation to the first answer to a text query',
    'seconds',
    names,
    ({ firstMs }) => firstMs / 1000,
  );
}
