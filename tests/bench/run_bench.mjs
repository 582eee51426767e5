// Measures the product and says so in tables; the numbers are kept in build/bench/*.json.
//   npm run bench -- native    the core beside hnswlib, one thread
//   npm run bench -- wasm      the same work in WebAssembly, beside the native core
//   npm run bench -- encoder   the packed text encoder beside onnxruntime-web, one thread
//   npm run bench -- streets   precision@10 and mAP@0.5 on rendered frames no model was trained on
// Options: --rows N --queries N (native, wasm), --count N (streets: frames to render),
// --model DIR --rounds N (encoder: default random weights shaped like CLIP ViT-B/32).
import { parseArgs } from 'node:util';
import { benchCore } from './core_table.mjs';
import { benchEncoder } from './encoder_bench.mjs';
import { benchStreets } from './streets_bench.mjs';

const usage =
  'usage: npm run bench -- native|wasm|encoder|streets [--rows N] [--queries N] [--count N] [--model DIR] [--rounds N]';

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        rows: { type: 'string', default: '50000' },
        queries: { type: 'string', default: '1000' },
        count: { type: 'string', default: '2000' },
        rounds: { type: 'string', default: '15' },
        model: { type: 'string' },
      },
    });
    const { model, ...counts } = values;
    const numbers = Object.entries(counts).map(([name, text]) => [name, Number(text)]);
    const wrong = numbers.find(([, number]) => !Number.isInteger(number) || number < 1);
    if (wrong) throw new Error(`--${wrong[0]} must be a whole number above 0`);
    const what = positionals.length === 1 ? positionals[0] : '';
    if (!['native', 'wasm', 'encoder', 'streets'].includes(what))
      throw new Error('say what to measure');
    return { what, options: { ...Object.fromEntries(numbers), model } };
  } catch (error) {
    console.error(`bench: ${error.message}\n${usage}`);
    process.exit(2);
  }
}

const { what, options } = readArguments();
try {
  if (what === 'streets') benchStreets(options);
  else if (what === 'encoder') await benchEncoder(options);
  else benchCore({ ...options, withWasm: what === 'wasm' });
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}
