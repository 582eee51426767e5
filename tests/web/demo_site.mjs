// What the tests of the page and the package share: the demo site, the program, a served address.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export const root = join(fileURLToPath(import.meta.url), '../../..');
export const site = process.env.SIGHTLINE_TEST_SITE ?? join(root, 'build/demo/site');
export const bundle = join(site, 'bundle');
// As datasets/demo.mjs names it.
export const demoModel = process.env.SIGHTLINE_TEST_MODEL ?? 'streets-clip';
export const program = join(root, 'build/bin/sightline');
// Pictures that the demo site was made from.
export const demoFrames = (count) =>
  readdirSync(join(root, 'build/demo'), { recursive: true })
    .filter((path) => path.startsWith('streets-') && path.endsWith('.jpg'))
    .sort()
    .slice(0, count)
    .map((path) => join(root, 'build/demo', path));
const entry = join(root, 'build/web/package/sightline_node.js');

// Why the tests cannot run here, or false.
export const missing =
  (!existsSync(join(bundle, 'manifest.json')) &&
    `SKIPPED: no demo site at ${site}; run npm run demo -- --no-serve`) ||
  (!existsSync(entry) && `SKIPPED: no ${entry}; run npm run build`) ||
  (!existsSync(program) && `SKIPPED: no ${program}; run npm run build`) ||
  (isOlder() && `SKIPPED: the page of ${site} is not the one just built; run npm run demo`);
if (missing) console.error(missing);

function isOlder() {
  const pages = [join(root, 'build/web/site/sw.js'), join(site, 'sw.js')];
  const [built, shown] = pages.map((path) => existsSync(path) && readFileSync(path, 'utf8'));
  return built !== shown;
}

export const loadPackage = () => import(pathToFileURL(entry).href);

// Runs the program and reads the JSON it prints.
export function runJson(...args) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`sightline ${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
}

// Serves a folder; resolves to its address and a function that stops the server.
export function serve(folder, ...args) {
  const server = spawn(program, ['serve', folder, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  server.stderr.setEncoding('utf8').on('data', (text) => (complaints += text));
  return new Promise((resolve, reject) => {
    let printed = '';
    server.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text;
      if (!printed.includes('\n')) return;
      const stop = () =>
        new Promise((done) => {
          if (server.signalCode !== null) return done();
          server.once('exit', done);
          server.kill('SIGKILL');
        });
      resolve({ address: printed.trim(), stop });
    });
    server.once('exit', (code) => reject(new Error(`serve ended with ${code}: ${complaints}`)));
  });
}

// A TypeScript module of web/, as the page runs it.
export async function importTypeScript(path) {
  const { outputFiles } = await build({
    entryPoints: [join(root, path)],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const text = Buffer.from(outputFiles[0].contents).toString('base64');
  return import(`data:text/javascript;base64,${text}`);
}
