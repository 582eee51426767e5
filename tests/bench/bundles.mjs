// The bundles of a simulated collection, each made once: paged, as `sightline build VECTORS.npy` makes
// it, and resident (codes and graph, all loaded before the first search).
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { folder, root, run } from './bench_output.mjs';
import { simulatedVectors } from './npy.mjs';

function makeOnce(name, make) {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  rmSync(`${path}.unfinished`, { recursive: true, force: true });
  const [program, ...args] = make(`${path}.unfinished`);
  run(join(root, 'build/bin', program), args, { showProgress: true });
  renameSync(`${path}.unfinished`, path);
  return path;
}

export const pagedBundle = (rows) => pagedBundleOf(`${rows}`, simulatedVectors(rows));

// data: a folder with base.npy and perhaps text_queries_train.npy.
export function pagedBundleOf(name, data) {
  const texts = join(data, 'text_queries_train.npy');
  const queries = existsSync(texts) ? ['--queries', texts] : [];
  return makeOnce(`bundle-paged-${name}`, (out) => [
    ...['sightline', 'build', join(data, 'base.npy'), '--out', out, '--bundle-only', ...queries],
  ]);
}

export function residentBundle(rows) {
  const vectors = ['--vectors', join(simulatedVectors(rows), 'base.npy')];
  return makeOnce(`bundle-resident-${rows}`, (out) => [
    'resident_bundle',
    ...vectors,
    '--out',
    out,
  ]);
}
