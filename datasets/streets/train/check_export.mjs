// Compares exported models with what PyTorch computed: node check_export.mjs CHECK_DIR
// CHECK_DIR/cases.json lists {model, inputs: [{name, type, dims, file}], output: {name, dims, file}};
// each file holds raw little-endian values. Ends with 1 where an output differs by more than 1e-3
// of its largest value.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';

const folder = process.argv[2];
const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));

function values(file, type) {
  const bytes = readFileSync(join(folder, file));
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return type === 'int64' ? new BigInt64Array(buffer) : new Float32Array(buffer);
}

let worst = 0;
for (const test of cases) {
  const session = await ort.InferenceSession.create(test.model, { intraOpNumThreads: 1 });
  const feeds = {};
  for (const { name, type, dims, file } of test.inputs)
    feeds[name] = new ort.Tensor(type, values(file, type), dims);
  const output = (await session.run(feeds))[test.output.name];
  if (output.dims.join() !== test.output.dims.join()) {
    throw new Error(
      `${test.model}: ${test.output.name} is [${output.dims}], PyTorch gave [${test.output.dims}]`,
    );
  }
  const expected = values(test.output.file, 'float32');
  let difference = 0,
    largest = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(expected[i] - output.data[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  worst = Math.max(worst, difference / largest);
  console.log(
    JSON.stringify({ model: test.name, largest_difference: difference, largest_value: largest }),
  );
}
if (!(worst <= 1e-3)) {
  console.error(
    `the exported models differ from PyTorch's by ${worst} of the largest value; at most 1e-3 is expected`,
  );
  process.exit(1);
}
