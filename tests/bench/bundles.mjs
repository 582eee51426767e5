// The bundle of a simulated collection: by `sightline build VECTORS.npy`, or where the program
// refuses vectors, by resident_bundle (codes and graph, all loaded before the first search).
import { existsSync, renameSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { folder, root, run } from './bench_output.mjs';
import { simulatedVectors } from './npy.mjs';

const sightline = join(root, 'build/bin/sightline');

function buildByProgram(data, out) {
  const queries = ['--queries', join(data, 'text_queries_train.npy')];
  const args = ['build', join(data, 'base.npy'), '--out', out, '--bundle-only', ...queries];
  const { status, stderr } = spawnSync(sightline, args, { encoding: 'utf8' });
  if (status === 0) return null;
  return existsSync(sightline) ? stderr.trim().split('\n').at(-1) : `no ${sightline}`;
}

// {path, how, refusal}: the folder with manifest.json, who made it, and why not the program.
export function bundleOf(rows) {
  const data = simulatedVectors(rows);
  const made = join(folder, `bundle-${rows}`);
  const resident = join(folder, `bundle-resident-${rows}`);
  const unfinished = `${made}.unfinished`;
  const whole = (path) =>
    [join(path, 'bundle'), path].find((one) => existsSync(join(one, 'manifest.json')));
  if (existsSync(made)) return { path: whole(made), how: 'sightline build', refusal: null };
  rmSync(unfinished, { recursive: true, force: true });
  const refusal = buildByProgram(data, unfinished);
  if (refusal === null) {
    renameSync(unfinished, made);
    return { path: whole(made), how: 'sightline build', refusal };
  }
  rmSync(unfinished, { recursive: true, force: true });
  console.log(`\n*** sightline build refuses ${rows} vectors: ${refusal} ***`);
  if (!existsSync(resident)) {
    run(join(root, 'build/bin/resident_bundle'), [
      ...['--vectors', join(data, 'base.npy'), '--out', unfinished],
    ]);
    renameSync(unfinished, resident);
  }
  return { path: resident, how: 'resident_bundle', refusal };
}
