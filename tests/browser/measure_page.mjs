// Measures the page in Chromium from an empty cache: node tests/browser/measure_page.mjs [SITE]
// Every request takes a round trip of 40 ms and all share 20 Mbit/s, as shaped by shaped_server.mjs.
import { cpus } from 'node:os';
import { extname } from 'node:path';
import { site } from '../web/demo_site.mjs';
import { startChromium } from './browsers.mjs';
import { startShapedServer } from './shaped_server.mjs';

const folder = process.argv[2] ?? site;
const line = { roundTripMs: 40, bitsPerSecond: 20e6 };

const kindOf = (path) =>
  path.includes('objects/') ? extname(path).slice(1) : path.includes('ort') ? 'runtime' : 'shell';

function bytesByKind(requests) {
  const sums = {};
  for (const { path, bytes } of requests) sums[kindOf(path)] = (sums[kindOf(path)] ?? 0) + bytes;
  return sums;
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function measureOnce(browser) {
  const { address, requests, stop } = await startShapedServer({ roots: { '/': folder }, ...line });
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    serviceWorkers: 'block',
  });
  const page = await context.newPage();
  const began = performance.now();
  await page.goto(address, { waitUntil: 'commit' });
  await page.waitForSelector('.chip-button');
  const examplesMs = performance.now() - began;
  await page.click('.chip-button');
  await page.waitForFunction(
    () =>
      document.querySelector('#results').dataset.query !== '' &&
      [...document.querySelectorAll('#results img[src]')].filter(
        ({ complete, naturalWidth }) => complete && naturalWidth > 0,
      ).length >= 4,
  );
  const firstThumbnailsMs = performance.now() - began;
  const firstBytes = bytesByKind(requests);
  await context.close();
  stop();
  return { examplesMs, firstThumbnailsMs, firstBytes };
}

const browser = await startChromium();
const runs = [];
for (let i = 0; i < 5; ++i) runs.push(await measureOnce(browser));
await browser.close();
console.log(
  JSON.stringify(
    {
      machine: cpus()[0].model,
      examplesShownMs: Math.round(median(runs.map((run) => run.examplesMs))),
      firstThumbnailsMs: Math.round(median(runs.map((run) => run.firstThumbnailsMs))),
      bytesByKind: runs.at(-1).firstBytes,
    },
    null,
    2,
  ),
);
