// Builds the page and the npm package from web/ and the compiled core.
//   build/web/site/     index.html, assets/, sw.js, …: what `sightline build` copies beside a bundle
//   build/web/package/  the npm package `sightline`
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = join(fileURLToPath(import.meta.url), '../..');
const source = join(root, 'web');
const coreFolder = process.env.SIGHTLINE_CORE_DIR ?? join(root, 'build/web');
const output = join(root, 'build/web');
const site = join(output, 'site');
const assets = join(site, 'assets');
const packageFolder = join(output, 'package');
const ortFolder = join(root, 'node_modules/onnxruntime-web/dist');
const core = join(coreFolder, 'sightline_core.mjs');
const binaries = {
  core: join(coreFolder, 'sightline_core.wasm'),
  ortWasm: join(ortFolder, 'ort-wasm-simd-threaded.wasm'),
  ortGlue: join(ortFolder, 'ort-wasm-simd-threaded.mjs'),
};
const maxShellGzipBytes = 350_000;

const digest = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
const literal = (value) => JSON.stringify(value);

function options(overrides) {
  return {
    bundle: true,
    format: 'esm',
    target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    conditions: ['onnxruntime-web-use-extern-wasm'],
    alias: { 'sightline-core': core },
    ...overrides,
  };
}

const fileDefines = (names) => ({
  CORE_WASM_FILE: literal(`./${names.core}`),
  ORT_WASM_FILE: literal(`./${names.ortWasm}`),
  ORT_GLUE_FILE: literal(`./${names.ortGlue}`),
  ORT_WASM_BYTES: String(readFileSync(binaries.ortWasm).byteLength),
});

// The output file of an entry point, by the entry's name.
function outputOf({ metafile }, entry) {
  const found = Object.entries(metafile.outputs).find(
    ([, { entryPoint }]) => entryPoint !== undefined && parse(entryPoint).base === entry,
  );
  return basename(found[0]);
}

const outputsOf = ({ metafile }) => Object.keys(metafile.outputs).map((path) => basename(path));

function copyHashed(path) {
  const { name, ext } = parse(path);
  const hashed = `${name}-${digest(readFileSync(path))}${ext}`;
  copyFileSync(path, join(assets, hashed));
  return hashed;
}

async function buildSite() {
  rmSync(site, { recursive: true, force: true });
  mkdirSync(assets, { recursive: true });
  const names = Object.fromEntries(
    Object.entries(binaries).map(([key, path]) => [key, copyHashed(path)]),
  );
  const hashed = { outdir: assets, entryNames: '[name]-[hash]', chunkNames: '[name]-[hash]' };
  const engine = await build(
    options({
      ...hashed,
      entryPoints: [join(source, 'engine/worker.ts'), join(source, 'engine/engine_host.ts')],
      splitting: true,
      define: fileDefines(names),
    }),
  );
  const engineHost = `./${outputOf(engine, 'engine_host.ts')}`;
  const page = await build(
    options({
      ...hashed,
      entryPoints: [join(source, 'ui/main.ts'), join(source, 'ui/css/page.css')],
      define: { WORKER_FILE: literal(`./${outputOf(engine, 'worker.ts')}`) },
      plugins: [
        {
          name: 'built engine',
          setup({ onResolve }) {
            onResolve({ filter: /engine_host\.js$/ }, () => ({ path: engineHost, external: true }));
          },
        },
      ],
    }),
  );
  const pageNames = {
    js: outputOf(page, 'main.ts'),
    css: outputOf(page, 'page.css'),
  };
  const html = readFileSync(join(source, 'ui/index.html'), 'utf8').replaceAll(
    /\{\{(\w+)\}\}/g,
    (_, key) => pageNames[key],
  );
  writeFileSync(join(site, 'index.html'), html);
  copyFileSync(join(source, 'ui/icon.svg'), join(assets, 'icon.svg'));
  copyFileSync(join(source, 'ui/sightline.webmanifest'), join(site, 'sightline.webmanifest'));
  copyFileSync(join(source, 'offline/headers.txt'), join(site, '_headers'));

  const shell = [
    ...outputsOf(engine),
    ...outputsOf(page),
    names.core,
    names.ortGlue,
    'icon.svg',
  ].map((name) => `assets/${name}`);
  await buildServiceWorker(['./', 'sightline.webmanifest', ...shell.sort()]);
  return ['index.html', 'sw.js', ...shell];
}

async function buildServiceWorker(files) {
  const contents = files.map((file) =>
    readFileSync(join(site, file === './' ? 'index.html' : file)),
  );
  await build(
    options({
      format: 'iife',
      entryPoints: [join(source, 'offline/service_worker.ts')],
      outfile: join(site, 'sw.js'),
      define: {
        SHELL_VERSION: literal(digest(contents.map(digest).join())),
        SHELL_FILES: literal(files),
      },
    }),
  );
}

async function buildPackage() {
  rmSync(packageFolder, { recursive: true, force: true });
  mkdirSync(packageFolder, { recursive: true });
  for (const path of Object.values(binaries)) {
    copyFileSync(path, join(packageFolder, basename(path)));
  }
  const names = Object.fromEntries(
    Object.entries(binaries).map(([key, path]) => [key, basename(path)]),
  );
  const entries = ['worker', 'engine_host', 'sightline', 'sightline_node'];
  await build(
    options({
      outdir: packageFolder,
      chunkNames: '[name]-[hash]',
      entryPoints: entries.map((name) => join(source, `engine/${name}.ts`)),
      splitting: true,
      external: ['node:*'],
      define: { ...fileDefines(names), WORKER_FILE: literal('./worker.js') },
    }),
  );
  for (const name of ['package.json', 'README.md']) {
    copyFileSync(join(source, name), join(packageFolder, name));
  }
  copyFileSync(join(root, 'LICENSE'), join(packageFolder, 'LICENSE'));
  declareTypes();
}

// The demo builds without TypeScript; its types are for those who use the package.
function declareTypes() {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  if (!existsSync(compiler)) return;
  const { status } = spawnSync(
    process.execPath,
    [
      compiler,
      '-p',
      join(source, 'tsconfig.package.json'),
      '--outDir',
      join(packageFolder, 'types'),
    ],
    { stdio: 'inherit' },
  );
  if (status !== 0) throw new Error('web: the declarations of the package could not be made');
}

function checkShellSize(files) {
  const size = (file) => gzipSync(readFileSync(join(site, file)), { level: 9 }).byteLength;
  // Loaded with the first query that needs an encoder, not with the page.
  const shell = files.filter((file) => !/ort[.-]/.test(file));
  const total = shell.reduce((sum, file) => sum + size(file), 0);
  console.log(`web: page shell ${Math.round(total / 1000)} kB gzip in ${shell.length} files`);
  if (total > maxShellGzipBytes) {
    throw new Error(`web: the page shell has ${total} bytes gzip, at most ${maxShellGzipBytes}`);
  }
}

if (!existsSync(core)) {
  console.error(
    `web: no ${core}; run cmake --preset wasm && cmake --build --preset wasm --target sightline_wasm`,
  );
  process.exit(1);
}
checkShellSize(await buildSite());
await buildPackage();
