// What a first-time visitor of a site waits for: the page in Chromium from an empty cache, 20 Mbit/s
// shared by all answers and 40 ms for every request; every row is a visitor of its own, in turn.
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { startChromium } from '../browser/browsers.mjs';
import { startShapedServer } from '../browser/shaped_server.mjs';
import { machine, printMarkdown, root, writeResult } from './bench_output.mjs';

const line = { roundTripMs: 40, bitsPerSecond: 20e6 };
const shownEnough = 4;
const visitors = [
  { name: 'example clicked', text: null },
  { name: 'phrase of the bank typed', text: 'a white van at night' },
  { name: 'other text typed', text: 'three white vans somewhere at night' },
  {
    name: 'other text, onnxruntime-web',
    text: 'three white vans somewhere at night',
    query: '?encoder=ort',
  },
];

// Runs in the page before its own scripts; times in ms since 1970.
function actAndWatch({ text, shownEnough }) {
  const now = () => performance.timeOrigin + performance.now();
  const times = (window.answerTimes = {});
  const shown = () =>
    [...document.querySelectorAll('#results img[src]')].filter(
      ({ complete, naturalWidth }) => complete && naturalWidth > 0,
    ).length >= shownEnough;
  const watch = () => {
    const chip = document.querySelector('.chip-button');
    const results = document.querySelector('#results');
    const field = document.querySelector('#query');
    if (!times.ready && chip && field) {
      times.ready = now();
      times.text = text ?? chip.dataset.text;
      if (text === null) chip.click();
      else {
        field.focus();
        field.value = text;
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }
    } else if (times.ready && results?.dataset.query === times.text && shown()) {
      times.first ??= now();
      const busy = document.querySelector('.results').getAttribute('aria-busy') === 'true';
      if (!busy) times.settled ??= now();
    }
    if (!times.settled) requestAnimationFrame(watch);
  };
  watch();
}

function kindOf({ path }) {
  if (path.includes('objects/')) return extname(path).slice(1);
  if (path.endsWith('manifest.json')) return 'manifest';
  return /ort-|onnxruntime/.test(path) ? 'runtime' : 'shell';
}

function bytesByKind(requests) {
  const sums = {};
  for (const request of requests) {
    sums[kindOf(request)] = (sums[kindOf(request)] ?? 0) + request.bytes;
  }
  return sums;
}

async function visit(browser, site, { text, query = '' }) {
  const { address, requests, stop } = await startShapedServer({ roots: { '/': site }, ...line });
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    serviceWorkers: 'block',
  });
  try {
    const page = await context.newPage();
    await page.addInitScript(actAndWatch, { text, shownEnough });
    await page.goto(address + query, { waitUntil: 'commit' });
    await page.waitForFunction(() => window.answerTimes?.settled, null, { timeout: 120_000 });
    const { beganAt, ...times } = await page.evaluate(() => ({
      beganAt: performance.timeOrigin,
      ...window.answerTimes,
    }));
    const until = (time) => bytesByKind(requests.filter(({ endedMs }) => endedMs <= time));
    return {
      readyMs: times.ready - beganAt,
      firstMs: times.first - beganAt,
      settledMs: times.settled - beganAt,
      firstBytes: until(times.first),
      settledBytes: until(times.settled),
      timeline: requests.map((request) => ({
        kind: kindOf(request),
        bytes: request.bytes,
        beganMs: Math.round(request.beganMs - beganAt),
        endedMs: Math.round(request.endedMs - beganAt),
      })),
    };
  } finally {
    await context.close();
    stop();
  }
}

const middle = (runs, of) => [...runs].sort((a, b) => of(a) - of(b))[runs.length >> 1];
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
const total = (kinds) => Object.values(kinds).reduce((sum, bytes) => sum + bytes, 0);
const kilobytes = (bytes) => `${Math.round(bytes / 1000).toLocaleString('en')} kB`;
const byKind = (kinds) =>
  Object.entries(kinds)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, bytes]) => `${kind} ${Math.round(bytes / 1000)}`)
    .join(', ');

export async function benchAnswer({ bundle: given, rounds }) {
  const site = given ?? join(root, 'build/demo/site');
  if (!existsSync(join(site, 'index.html'))) {
    throw new Error(`no page in ${site}; run npm run demo -- --no-serve, or give --bundle SITE`);
  }
  console.log(
    `answer: ${site}, ${rounds} visits a row\n${machine()}; Chromium, 20 Mbit/s, 40 ms\n`,
  );
  const browser = await startChromium();
  const runs = visitors.map(() => []);
  try {
    for (let round = 0; round < rounds; ++round) {
      for (const [i, visitor] of visitors.entries()) {
        runs[i].push(await visit(browser, site, visitor));
      }
    }
  } finally {
    await browser.close();
  }
  const rows = visitors.map(({ name, text }, i) => ({
    name,
    text,
    ready: middle(runs[i], ({ readyMs }) => readyMs),
    first: middle(runs[i], ({ firstMs }) => firstMs),
    settled: middle(runs[i], ({ settledMs }) => settledMs),
    fastestFirstMs: Math.min(...runs[i].map(({ firstMs }) => firstMs)),
  }));
  printMarkdown([
    ['visitor', 'can ask', 'first images', 'fastest', 'after', 'own answer', 'after'],
    ...rows.map(({ name, ready, first, settled, fastestFirstMs }) => [
      name,
      seconds(ready.readyMs),
      seconds(first.firstMs),
      seconds(fastestFirstMs),
      kilobytes(total(first.firstBytes)),
      seconds(settled.settledMs),
      kilobytes(total(settled.settledBytes)),
    ]),
  ]);
  console.log('\nkB by kind');
  for (const { name, first, settled } of rows) {
    console.log(`${name}, first images: ${byKind(first.firstBytes)}`);
    console.log(`${name}, own answer: ${byKind(settled.settledBytes)}`);
  }
  writeResult('answer', { site, line, rows });
}
