// Measures the product and says so in tables; the numbers are kept in build/bench/*.json.
//   npm run bench -- native    the core beside hnswlib, one thread
//   npm run bench -- wasm      the same work in WebAssembly, beside the native core
//   npm run bench -- streets   precision@10 and mAP@0.5 on rendered frames no model was trained on
//   npm run bench -- phrases   a phrase bank at full size: bytes a query, time of the build
//   npm run bench -- relevance "nothing found" for nonsense, real queries kept
// Options: --rows N --queries N (native, wasm), --count N (streets, relevance, phrases: frames to render),
// --phrases N (phrases: of the bank).
import { parseArgs } from 'node:util';
import { benchCore } from './core_table.mjs';
import { benchPhrases } from './phrases_bench.mjs';
import { benchRelevance } from './relevance_bench.mjs';
import { benchStreets } from './streets_bench.mjs';

const usage =
  'usage: npm run bench -- native|wasm|streets|relevance|phrases [--rows N] [--queries N] [--count N] [--phrases N]';

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        rows: { type: 'string', default: '50000' },
        queries: { type: 'string', default: '1000' },
        count: { type: 'string', default: '2000' },
        phrases: { type: 'string', default: '200000' },
      },
    });
    const numbers = Object.entries(values).map(([name, text]) => [name, Number(text)]);
    const wrong = numbers.find(([, number]) => !Number.isInteger(number) || number < 1);
    if (wrong) throw new Error(`--${wrong[0]} must be a whole number above 0`);
    const what = positionals.length === 1 ? positionals[0] : '';
    if (!['native', 'wasm', 'streets', 'relevance', 'phrases'].includes(what))
      throw new Error('say what to measure');
    return { what, options: Object.fromEntries(numbers) };
  } catch (error) {
    console.error(`bench: ${error.message}\n${usage}`);
    process.exit(2);
  }
}

const { what, options } = readArguments();
try {
  if (what === 'streets') benchStreets(options);
  else if (what === 'relevance') benchRelevance(options);
  else if (what === 'phrases') benchPhrases(options);
  else benchCore({ ...options, withWasm: what === 'wasm' });
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}
