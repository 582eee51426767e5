// 1,000 different texts, and what the program makes of them with the packed encoder.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { demoModel, program } from './demo_site.mjs';

const colours = ['red', 'blue', 'green', 'white', 'black', 'silver', 'orange', 'dark', 'Ünlü', ''];
const things = [
  ...['car', 'bus', 'lorry', 'person', 'cyclist', 'traffic light', 'house', 'dog'],
  ...['日本', '🚌'],
];
const ends = [
  ...['', ' at night', ' in the rain, seen from behind', ' beside a blue bus', ' 1984'],
  ...[' in the fog on a wide road with many parked cars!', ' under snow', ' at dusk'],
  ...[' on a bridge', ' and two people crossing the street, one of them with a bicycle'],
];

export const thousandTexts = colours.flatMap((colour) =>
  things.flatMap((thing) => ends.map((end) => `${colour} ${thing}${end}`)),
);

export function embedNatively(texts) {
  const given = texts.flatMap((text) => ['--text', text]);
  const { status, stdout, stderr } = spawnSync(
    program,
    ['embed', '--encoder', 'packed', '--model', demoModel, '--json', ...given],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  assert.equal(status, 0, stderr);
  const lines = stdout.trimEnd().split('\n');
  return lines.map((line) => Float32Array.from(JSON.parse(line).embedding));
}
