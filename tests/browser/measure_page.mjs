// Measures the page in Chromium from an empty cache: node tests/browser/measure_page.mjs [SITE]
// Every request takes a round trip of 40 ms and all share 20 Mbit/s, as shaped by shaped_server.mjs.
import { cpus } from 'node:os';
import { extname } from 'node:path';
import { site } from '../web/demo_site.mjs';
import { startChromium } from './browsers.mjs';
import { startShapedServer } from './shaped_server.mjs';

const folder = process.argv[2] ?? site;
const line = { roundTripMs: 40, bitsPerSecond: 20e6 };
const bankedPhrase = 'a white van at night';

const kindOf = (path) =>
  path.includes('objects/') ? extname(path).slice(1) : path.includes('ort') ? 'runtime' : 'shell';

function bytesByKind(requests) {
  const sums = {};
  for (const { path, bytes } of requests) sums[kindOf(path)] = (sums[kindOf(path)] ?? 0) + bytes;
  return sums;
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

// Clicks the first example, or types a phrase of the bank that is none.
async function measureOnce(browser, phrase) {
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
  if (phrase === null) await page.click('.chip-button');
  else await page.fill('#query', phrase);
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
const clicked = [];
const typed = [];
for (let i = 0; i < 5; ++i) {
  clicked.push(await measureOnce(browser, null));
  typed.push(await measureOnce(browser, bankedPhrase));
}
await browser.close();
const summaryOf = (runs) => ({
  examplesShownMs: Math.round(median(runs.map((run) => run.examplesMs))),
  firstThumbnailsMs: Math.round(median(runs.map((run) => run.firstThumbnailsMs))),
  bytesByKind: runs.at(-1).firstBytes,
});
console.log(
  JSON.stringify(
    {
      machine: cpus()[0].model,
      exampleClicked: summaryOf(clicked),
      bankedPhraseTyped: { phrase: bankedPhrase, ...summaryOf(typed) },
    },
    null,
    2,
  ),
);
