// The vector libraries of the browser beside ours, in one run: load, build, bytes, memory, latency.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChromium, startFirefox } from '../browser/browsers.mjs';
import { startShapedServer } from '../browser/shaped_server.mjs';
import { machine, printMarkdown, root, writePlot, writeResult } from './bench_output.mjs';
import { pagedBundle, residentBundle } from './bundles.mjs';
import { lineChart } from './line_chart.mjs';
import { simulated, simulatedVectors } from './npy.mjs';
import { peerModules, peerVersions } from './peer_packages.mjs';

const goal = 0.95;
const buildLimitS = 600;
const passes = 3;
const pages = fileURLToPath(new URL('./browser', import.meta.url));
const core = join(root, 'build/web');

// To add a method: one file in tests/bench/browser with load(), and a line here.
const allMethods = [
  { name: 'sightline cells', file: 'sightline.js', options: { bundle: '/paged/' } },
  { name: 'sightline graph', file: 'sightline.js', options: { bundle: '/whole/' } },
  { name: `hnswlib-wasm ${peerVersions['hnswlib-wasm']}`, file: 'hnswlib_wasm.js' },
  { name: `edgevec ${peerVersions.edgevec}`, file: 'edgevec.js' },
  { name: `voy-search ${peerVersions['voy-search']}`, file: 'voy.js' },
];

// Without isolation from other origins Chromium does not tell the memory of a page.
const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

const browsers = {
  Chromium: () => startChromium('--enable-blink-features=ForceEagerMeasureMemory'),
  // Its driver ends calls after three minutes otherwise.
  Firefox: () => startFirefox({ protocolTimeout: 0 }),
};

// Runs before the page's scripts: remembers what linear memories there are.
function watchMemories() {
  window.wasmMemories = [];
  const remember = (result) => {
    const { exports } = result.instance ?? result;
    for (const value of Object.values(exports)) {
      if (value instanceof WebAssembly.Memory) window.wasmMemories.push(value);
    }
    return result;
  };
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...args) => remember(await original.call(WebAssembly, ...args));
  }
}

function withTimeLimit(promise, seconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer after ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function measureOne(browserName, method, rows, count) {
  const server = await startShapedServer({
    roots: {
      '/': Buffer.from('<!doctype html><title>bench</title><link rel="icon" href="data:,">'),
      '/bench/': pages,
      '/peers/': peerModules(),
      '/core/': core,
      '/paged/': pagedBundle(rows),
      '/whole/': residentBundle(rows),
      '/data/': simulatedVectors(rows),
    },
    headers: isolation,
  });
  const browser = await browsers[browserName]();
  try {
    const page = await browser.newPage();
    const initialise = page.addInitScript ?? page.evaluateOnNewDocument;
    await initialise.call(page, watchMemories);
    await page.goto(server.address);
    const measured = await withTimeLimit(
      page.evaluate(async (task) => (await import('/bench/page_vectors.js')).measureMethod(task), {
        file: `./${method.file}`,
        options: { ...method.options, limitS: buildLimitS, queries: ['text', 'image'] },
        ...{ count, passes, goal },
      }),
      buildLimitS * 2,
    );
    const needed = server.requests.filter(
      ({ path }) => !/_queries|truth_|page_vectors|index\.html/.test(path),
    );
    const bytes = needed.reduce((sum, request) => sum + request.bytes, 0);
    return { ...measured, bytes, requests: needed.length };
  } catch (error) {
    return { error: error.message.split('\n')[0].slice(0, 160) };
  } finally {
    await Promise.race([browser.close(), new Promise((resolve) => setTimeout(resolve, 5000))]);
    server.stop();
  }
}

const seconds = (ms) => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
const megabytes = (bytes) => (bytes ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB` : '-');
const milliseconds = (ms) => `${ms.toFixed(ms < 1 ? 2 : 1)} ms`;
const latency = ({ reached, recall, effort, p50Ms, p95Ms }) =>
  `${milliseconds(p50Ms)} / ${milliseconds(p95Ms)} at ${recall.toFixed(3)} (${effort})${reached ? '' : ' MISSED'}`;

function report(browserName, rows, results) {
  console.log(`\n${rows.toLocaleString('en')} × 512, ${browserName}\n`);
  printMarkdown([
    [
      'method',
      'transferred',
      'library',
      'open',
      'build',
      'wasm memory',
      'page memory',
      'text p50 / p95',
      'image p50 / p95',
    ],
    ...results.map(({ method, error, ...one }) =>
      error
        ? [method, error, '', '', '', '', '', '', '']
        : [
            method,
            megabytes(one.bytes),
            seconds(one.libraryMs),
            seconds(one.openMs),
            one.buildMs ? seconds(one.buildMs) : 'none',
            megabytes(one.memory.wasm),
            megabytes(one.memory.page),
            ...one.queries.map(latency),
          ],
    ),
  ]);
}

// Latency against rows, for those that reach the recall.
function plot(runs, methods, kind) {
  const points = ({ name }) =>
    runs.flatMap(({ rows, results }) => {
      const { queries = [] } = results.find(({ method }) => method === name);
      const found = queries.find((one) => one.name === kind && one.reached);
      return found ? [[Math.log10(rows), found.p50Ms]] : [];
    });
  const { browserName } = runs[0];
  writePlot(
    `browser-${kind}-${browserName.toLowerCase()}`,
    lineChart({
      title: `Search in ${browserName}, ${kind} queries, recall@10 ≥ ${goal}`,
      subtitle: `${machine()}; simulated CLIP vectors × 512, one thread`,
      x: {
        label: 'rows (a line that ends: failed, or missed the recall, beyond)',
        min: Math.log10(runs[0].rows) - 0.05,
        max: Math.log10(runs.at(-1).rows) + 0.05,
        ticks: runs.map(({ rows }) => Math.log10(rows)),
        format: (value) => Math.round(10 ** value).toLocaleString('en'),
      },
      y: { label: 'p50, milliseconds (lower is better)' },
      absent: 'recall not reached',
      series: methods.map((method) => ({
        name: method.name,
        ours: method.name.startsWith('sightline'),
        points: points(method),
      })),
    }),
  );
}

export async function benchBrowsers({ sizes: given, queries, browser: onlyBrowser, method }) {
  const methods = allMethods.filter(({ name }) => name.startsWith(method ?? ''));
  if (methods.length === 0) throw new Error(`--method: none starts with ${method}`);
  if (!existsSync(join(core, 'sightline_core.wasm'))) {
    throw new Error('no build/web/sightline_core.wasm; run npm run build');
  }
  const sizes = given ?? [10_000, 50_000, 100_000];
  const count = Math.min(queries, 200);
  console.log(
    `browser: ${simulated}\n${machine()}; recall@10 at least ${goal}, ${count} queries of a kind`,
  );
  const runs = [];
  for (const browserName of onlyBrowser ? [onlyBrowser] : Object.keys(browsers)) {
    // Firefox repeats only the smallest: the others take it minutes each.
    for (const rows of browserName === 'Firefox' && !onlyBrowser ? sizes.slice(0, 1) : sizes) {
      const results = [];
      for (const method of methods) {
        const failed = runs.find(
          (run) => run.browserName === browserName && run.failed.includes(method.name),
        );
        if (failed) {
          results.push({ method: method.name, error: `failed at ${failed.rows} rows already` });
          continue;
        }
        process.stderr.write(`${browserName}, ${rows} rows: ${method.name}\n`);
        const result = await measureOne(browserName, method, rows, count);
        results.push({ method: method.name, ...result });
      }
      report(browserName, rows, results);
      const failed = results.filter(({ error }) => error).map(({ method }) => method);
      runs.push({ browserName, rows, results, failed });
      const part = [given?.join('-'), onlyBrowser?.toLowerCase()].filter(Boolean);
      writeResult(['browser', ...part].join('-'), {
        simulated,
        count,
        goal,
        versions: peerVersions,
        runs,
      });
    }
    const ofBrowser = runs.filter((run) => run.browserName === browserName);
    if (ofBrowser.length > 1) for (const kind of ['text', 'image']) plot(ofBrowser, methods, kind);
  }
}
