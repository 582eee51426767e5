// Measures the product and says so in tables; the numbers are kept in build/bench/*.json.
//   npm run bench -- native    every library on the same vectors, one core; the core beside hnswlib
//   npm run bench -- codes     our codes beside RaBitQ, PQ and scalar quantisers, bytes against recall
//   npm run bench -- wasm      the core in WebAssembly, beside the native core
//   npm run bench -- browser   the vector libraries of the browser beside ours, in a page
//   npm run bench -- cdn       the first answer from an empty cache, 20 Mbit/s and 40 ms away
//   npm run bench -- answer    what a first-time visitor of a site waits for, by row and kind of bytes
//   npm run bench -- encoder   the packed text encoder beside onnxruntime-web, one thread
//   npm run bench -- streets   precision@10 and mAP@0.5 on rendered frames no model was trained on
//   npm run bench -- phrases   a phrase bank at full size: bytes a query, time of the build
//   npm run bench -- thumbnails WebP beside JPEG at equal SSIM: bytes, time to encode
//   npm run bench -- relevance "nothing found" for nonsense, real queries kept
// Options: --rows N[,N...] --queries N (vectors; several sizes: browser, cdn), --count N (streets, relevance, phrases: frames to render),
// --data simulated,real,streets,sift (native: which collections; without it simulated and sift, and the core),
// --phrases N (phrases: of the bank), --browser Chromium|Firefox, --method NAME (browser: those that start so),
// --bundle DIR (cdn: a bundle of the vectors of --rows; answer: a site), --rounds N (answer, encoder), --model DIR (encoder: default random
// weights shaped like CLIP ViT-B/32).
import { parseArgs } from 'node:util';
import { benchAnswer } from './answer_bench.mjs';
import { benchBrowsers } from './browser_bench.mjs';
import { benchCdn } from './cdn_bench.mjs';
import { benchCodes } from './code_bench.mjs';
import { benchCore } from './core_table.mjs';
import { benchEncoder } from './encoder_bench.mjs';
import { benchMethods } from './native_bench.mjs';
import { benchPhrases } from './phrases_bench.mjs';
import { benchRelevance } from './relevance_bench.mjs';
import { benchStreets } from './streets_bench.mjs';
import { benchThumbnails } from './thumbnail_bench.mjs';

const benches = {
  native(options) {
    if (!options.data) benchCore({ ...options, rows: options.rows ?? 50_000, withWasm: false });
    benchMethods({ ...options, rows: options.rows ?? 100_000 });
  },
  codes: benchCodes,
  wasm: (options) => benchCore({ ...options, rows: options.rows ?? 50_000, withWasm: true }),
  browser: benchBrowsers,
  cdn: benchCdn,
  answer: ({ rounds, ...options }) => benchAnswer({ ...options, rounds: rounds ?? 5 }),
  encoder: ({ rounds, ...options }) => benchEncoder({ ...options, rounds: rounds ?? 15 }),
  streets: benchStreets,
  phrases: benchPhrases,
  relevance: benchRelevance,
  thumbnails: benchThumbnails,
};
const numbers = {
  queries: 1000,
  count: 2000,
  phrases: 200_000,
  rounds: undefined,
};
const texts = ['rows', 'data', 'browser', 'bundle', 'method', 'model'];
const usage = `usage: npm run bench -- ${Object.keys(benches).join('|')} ${[...Object.keys(numbers), ...texts].map((name) => `[--${name} …]`).join(' ')}`;

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        ...Object.fromEntries(
          [...Object.keys(numbers), ...texts].map((name) => [name, { type: 'string' }]),
        ),
      },
    });
    const options = { ...numbers, ...values };
    for (const name of Object.keys(numbers)) {
      if (values[name] === undefined) continue;
      options[name] = Number(values[name]);
      if (!Number.isInteger(options[name]) || options[name] < 1) {
        throw new Error(`--${name} must be a whole number above 0`);
      }
    }
    if (values.rows !== undefined) {
      options.sizes = values.rows.split(',').map(Number);
      if (!options.sizes.every((rows) => Number.isInteger(rows) && rows > 0)) {
        throw new Error('--rows must be whole numbers above 0, as in 10000,100000');
      }
      options.sizes.sort((a, b) => a - b);
      options.rows = options.sizes[0];
    }
    if (options.browser && !['Chromium', 'Firefox'].includes(options.browser)) {
      throw new Error('--browser must be Chromium or Firefox');
    }
    const [what] = positionals;
    if (positionals.length !== 1 || !(what in benches)) throw new Error('say what to measure');
    return { what, options };
  } catch (error) {
    console.error(`bench: ${error.message}\n${usage}`);
    process.exit(2);
  }
}

const { what, options } = readArguments();
try {
  await benches[what](options);
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}
