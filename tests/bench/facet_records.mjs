// Records for vectors, with facets of known selectivity:
//   node tests/bench/facet_records.mjs BASE.npy OUT.jsonl
// `share` is drawn apart from the vectors, `region` goes by a direction that a seed draws, so that
// the images of a value lie together; `height` is a number from 0 to 1, drawn apart; `drive` has
// 1,000 values, each of which lies together as the frames of a drive do.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { readNpy } from './npy.mjs';

const recordSeed = 11;
// Values and their shares; what is left is called "other".
export const shares = { half: 0.5, tenth: 0.1, hundredth: 0.01, thousandth: 0.001 };

function uniforms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// The value at a place in [0, 1).
function valueAt(place) {
  let from = 0;
  for (const [value, share] of Object.entries(shares)) {
    if (place < from + share) return value;
    from += share;
  }
  return 'other';
}

// Where each row stands among all by a random direction: in [0, 1).
function placesByDirection({ rows, dim, values }, draw) {
  const direction = Float32Array.from({ length: dim }, () => draw() + draw() + draw() - 1.5);
  const products = new Float32Array(rows);
  for (let row = 0; row < rows; ++row) {
    for (let i = 0; i < dim; ++i) products[row] += values[row * dim + i] * direction[i];
  }
  const order = new Uint32Array(rows).map((_, row) => row);
  order.sort((a, b) => products[b] - products[a]);
  const places = new Float64Array(rows);
  order.forEach((row, rank) => (places[row] = rank / rows));
  return places;
}

// [{share, region, height, drive}] of every row.
export function facetsOf(base, seed = recordSeed) {
  const draw = uniforms(seed);
  const regions = placesByDirection(base, draw);
  const drives = placesByDirection(base, draw);
  return Array.from({ length: base.rows }, (_, row) => ({
    share: valueAt(draw()),
    region: valueAt(regions[row]),
    height: Math.round(draw() * 1e6) / 1e6,
    drive: `drive_${String(Math.floor(drives[row] * 1000)).padStart(4, '0')}`,
  }));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , basePath, outPath] = process.argv;
  const out = createWriteStream(outPath);
  for (const [row, facets] of facetsOf(readNpy(basePath)).entries()) {
    const line = JSON.stringify({ image_id: `${row}`, ...facets });
    if (!out.write(`${line}\n`)) await once(out, 'drain');
  }
  out.end();
}
