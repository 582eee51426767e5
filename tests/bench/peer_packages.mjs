// The npm packages that are measured beside ours, pinned, installed on demand below build/bench.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { folder } from './bench_output.mjs';

export const peerVersions = {
  usearch: '2.25.3',
  'hnswlib-wasm': '0.8.2',
  'voy-search': '0.6.3',
  edgevec: '0.9.0',
};

const prefix = join(folder, 'peers');

// The folder node_modules of the peers. Install scripts never run: usearch brings its addon built.
export function peerModules() {
  mkdirSync(prefix, { recursive: true });
  const list = join(prefix, 'package.json');
  const wanted = `${JSON.stringify({ private: true, dependencies: peerVersions })}\n`;
  const modules = join(prefix, 'node_modules');
  if (existsSync(list) && readFileSync(list, 'utf8') === wanted && existsSync(modules)) {
    return modules;
  }
  writeFileSync(list, wanted);
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', ['install', ...options], { cwd: prefix, stdio: 'inherit' });
  if (status !== 0) {
    writeFileSync(list, '');
    throw new Error('the peers could not be installed from npm; see its messages above');
  }
  return modules;
}

export const requirePeer = (name) => createRequire(join(peerModules(), '../package.json'))(name);
