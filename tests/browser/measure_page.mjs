// Measures the page in Chromium from an empty cache: node tests/browser/measure_page.mjs [SITE]
// Every request takes a round trip of 40 ms and all share 20 Mbit/s, as shaped by this file's server.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { cpus } from 'node:os';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { site } from '../web/demo_site.mjs';
import { startChromium } from './browsers.mjs';

const folder = process.argv[2] ?? site;
const roundTripMs = 40;
const bytesPerMs = 20e6 / 8 / 1000;
const pieceBytes = 16 << 10;
const bankedPhrase = 'a white van at night';
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};
const compressible = new Set(['.html', '.js', '.mjs', '.css', '.wasm', '.svg', '.json']);

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const kindOf = (path) =>
  path.includes('objects/') ? extname(path).slice(1) : path.includes('ort') ? 'runtime' : 'shell';

const bodies = new Map();

// Compressed once, as a host would.
async function bodyOf(file) {
  if (!bodies.has(file)) {
    const raw = await readFile(join(folder, file)).catch(() => null);
    bodies.set(file, raw && compressible.has(extname(file)) ? gzipSync(raw) : raw);
  }
  return bodies.get(file);
}

async function startServer(bytesByKind) {
  let lineFreeAt = 0;
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://host').pathname);
    const file = path.endsWith('/') ? `${path}index.html` : path;
    await wait(roundTripMs);
    const body = await bodyOf(file);
    if (!body) return response.writeHead(404).end();
    const zip = compressible.has(extname(file));
    const kind = kindOf(file);
    bytesByKind[kind] = (bytesByKind[kind] ?? 0) + body.byteLength;
    response.writeHead(200, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      ...(zip ? { 'content-encoding': 'gzip' } : {}),
    });
    for (let offset = 0; offset < body.byteLength; offset += pieceBytes) {
      const piece = body.subarray(offset, offset + pieceBytes);
      lineFreeAt = Math.max(lineFreeAt, performance.now()) + piece.byteLength / bytesPerMs;
      await wait(lineFreeAt - performance.now());
      response.write(piece);
    }
    response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `http://localhost:${server.address().port}/` };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

// Clicks the first example, or types a phrase of the bank that is none.
async function measureOnce(browser, phrase) {
  const bytesByKind = {};
  const { server, address } = await startServer(bytesByKind);
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
  const firstBytes = { ...bytesByKind };
  await context.close();
  server.closeAllConnections();
  server.close();
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
