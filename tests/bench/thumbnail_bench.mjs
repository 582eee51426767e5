// Thumbnails as WebP and as JPEG at equal SSIM, of rendered frames and of photos.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { printMarkdown, readLines, root, run, writeResult } from './bench_output.mjs';
import { renderStreets } from './streets_bench.mjs';

const seed = 900_003;
const photos = join(root, '../shared/assets/images');

export function benchThumbnails({ count }) {
  const sets = { 'rendered frames': renderStreets(seed, Math.min(count, 200)) };
  if (existsSync(photos)) sets.photos = photos;
  const results = Object.entries(sets).flatMap(([set, pictures]) =>
    readLines(run(join(root, 'build/bin/thumbnail_bench'), [pictures, '200'])).map((line) => ({
      set,
      ...line,
    })),
  );
  printMarkdown([
    ['set', 'encoder', 'quality', 'mean SSIM', 'bytes', 'of the JPEG', 'ms'],
    ...results.map((result) => [
      result.set,
      result.encoder === 'jpeg' ? 'JPEG' : `WebP ${result.method}, ${result.encoder}`,
      result.quality.toFixed(1),
      result.ssim.toFixed(4),
      `${result.bytes}`,
      result.share_of_jpeg.toFixed(3),
      result.encode_ms.toFixed(1),
    ]),
  ]);
  writeResult('thumbnails', { results });
}
