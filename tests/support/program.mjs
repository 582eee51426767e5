// What the tests of the program share: running it, rendered images, models, temporary folders.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(fileURLToPath(import.meta.url), '../../..');
export const program = join(root, 'build/bin/sightline');
export const shared = join(root, '../shared');
const streets = join(root, 'build/bin/streets');

// The embedded pair by its folders' names, found as a user's models are.
export const models = ['--model', 'streets-clip', '--detector', 'streets-detector'];
export const quiet = [...models, '--progress', 'none'];

// Runs the program to its end; never throws for an exit code.
export function run(...args) {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  return { code: status, signal, stdout, stderr };
}

// What a command printed; throws where it failed.
export function output(...args) {
  const { code, stdout, stderr } = run(...args);
  if (code !== 0) throw new Error(`sightline ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

export const json = (...args) => JSON.parse(output(...args));
export const search = (bundle, ...args) => json('search', bundle, ...args, '--json').hits;

// A folder of the tests' own, gone when they end.
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

// Why the program's tests cannot run here, or false.
function whyMissing() {
  for (const path of [program, streets, join(root, 'build/web/site/index.html')]) {
    if (!existsSync(path)) return `SKIPPED: no ${relative(root, path)}; run npm run build`;
  }
  const usable = json('models', 'list', '--json').models.filter(({ problem }) => !problem);
  for (const name of ['streets-clip', 'streets-detector']) {
    if (!usable.some(({ id, path }) => id === name || basename(path) === name))
      return `SKIPPED: no model ${name}; it belongs in datasets/streets/models`;
  }
  return false;
}
export const missing = whyMissing();
if (missing) console.error(missing);

export const modelFolder = (name) =>
  json('models', 'list', '--json').models.find(
    ({ id, path }) => id === name || basename(path) === name,
  ).path;

// Renders drives in KITTI's layout into folder and returns the paths of their images, in order.
export function renderDrives(folder, { seed, count, drives }) {
  const args = Object.entries({ seed, count, drives }).flatMap(([name, value]) => [
    `--${name}`,
    String(value),
  ]);
  const { status, stderr } = spawnSync(streets, [...args, '--out', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`streets: ${stderr}`);
  return filesBelow(folder).filter((path) => path.endsWith('.jpg'));
}

// Copies images to folder as 0000.jpg, 0001.jpg, ….
export function copyImages(paths, folder) {
  mkdirSync(folder, { recursive: true });
  paths.forEach((path, i) => copyFileSync(path, join(folder, `${String(i).padStart(4, '0')}.jpg`)));
}

export function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

// Every file's name and digest, so that two folders compare as texts.
export function contentOf(folder) {
  return filesBelow(folder)
    .map((path) => `${relative(folder, path)} ${digestOf(path)}`)
    .join('\n');
}

const digestOf = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

// [{path, stage, reason}] of the last build with that catalog; empty where nothing was left out.
export function errorsBeside(catalog) {
  const path = join(dirname(catalog), 'errors.jsonl');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

// How many images a build says it embedded, from what it told on stderr with --progress plain.
export const embeddedCount = (stderr) => Number(stderr.match(/embedded (\d+) images/)?.[1] ?? 0);

// Serves a folder; resolves to its address and a function that stops the server.
export function serve(folder) {
  const server = spawn(program, ['serve', folder, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let printed = '';
    server.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text;
      if (!printed.includes('\n')) return;
      const stop = () =>
        new Promise((done) => {
          server.once('exit', done);
          server.kill('SIGTERM');
        });
      resolve({ address: printed.trim(), stop });
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`serve ended with ${code}`)));
  });
}
