// `npm run demo [-- --no-serve]`: renders the demo drives, indexes them and serves the site.
// Everything is written below build/demo; what is there already is not made again.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const demo = join(root, 'build/demo');
const streets = join(root, 'build/bin/streets');
const sightline = join(root, 'build/bin/sightline');

// Changing the scenes means changing the folder's name, so that an old rendering is not taken for them.
const scenes = { seed: '20260105', count: '480', drives: '48' };
const drives = join(demo, `streets-${scenes.seed}-${scenes.count}-${scenes.drives}`, 'streets');

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(drives)) {
  const unfinished = `${dirname(drives)}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const flags = Object.entries(scenes).flatMap(([name, value]) => [`--${name}`, value]);
  run(streets, [...flags, '--out', join(unfinished, 'streets')]);
  renameSync(unfinished, dirname(drives));
}

const site = join(demo, 'site');
run(sightline, [
  ...['build', drives, '--out', site, '--title', 'Rendered streets'],
  ...['--catalog', join(demo, 'catalog/catalog.sqlite')],
  ...['--model', 'streets-clip', '--detector', 'streets-detector'],
  ...['--licence', 'Apache-2.0 (rendered, no real place or person)'],
]);

if (process.argv.includes('--no-serve')) {
  console.log(`the site is in ${site}`);
} else {
  run(sightline, ['serve', site]);
}
