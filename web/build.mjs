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

const outputsOf = ({ metafile }) => Object.keys(metafile.outputs).map((path) => basename(path));
const outputOf = (result, extension) => outputsOf(result).find((path) => path.endsWith(extension));

// Imports that stay imports: of files that were built before, by their new names.
const builtBefore = (files) => ({
  name: 'built before',
  setup({ onResolve }) {
    for (const [pattern, file] of Object.entries(files)) {
      onResolve({ filter: new RegExp(pattern) }, () => ({ path: `./${file}`, external: true }));
    }
  },
});

function copyHashed(path) {
  const { name, ext } = parse(path);
  const hashed = `${name}-${digest(readFileSync(path))}${ext}`;
  copyFileSync(path, join(assets, hashed));
  return hashed;
}

// ONNX Runtime, the engine and the page: each one file, so that none waits for another's imports.
async function buildScripts(output, names) {
  const ort = await build(
    options({ ...output, entryPoints: { onnxruntime: 'onnxruntime-web/wasm' } }),
  );
  const engine = await build(
    options({
      ...output,
      entryPoints: [join(source, 'engine/engine_worker.ts')],
      define: fileDefines(names),
      plugins: [builtBefore({ '^onnxruntime-web/wasm$': outputOf(ort, '.js') })],
    }),
  );
  const engineFile = outputOf(engine, '.js');
  const page = await build(
    options({
      ...output,
      entryPoints:
        output.outdir === assets
          ? [join(source, 'ui/main.ts'), join(source, 'ui/css/page.css')]
          : [join(source, 'engine/sightline.ts'), join(source, 'engine/sightline_node.ts')],
      define: { ...fileDefines(names), WORKER_FILE: literal(`./${engineFile}`) },
      external: ['node:*'],
      plugins: [builtBefore({ 'engine_worker\\.js$': engineFile })],
    }),
  );
  return [ort, engine, page];
}

async function buildSite() {
  rmSync(site, { recursive: true, force: true });
  mkdirSync(assets, { recursive: true });
  const names = Object.fromEntries(
    Object.entries(binaries).map(([key, path]) => [key, copyHashed(path)]),
  );
  const [ort, engine, page] = await buildScripts(
    { outdir: assets, entryNames: '[name]-[hash]' },
    names,
  );
  const pageNames = {
    js: outputOf(page, '.js'),
    css: outputOf(page, '.css'),
    core: names.core,
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
    ...[ort, engine, page].flatMap(outputsOf),
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
  await buildScripts({ outdir: packageFolder }, names);
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
  const shell = files.filter((file) => !/ort-|onnxruntime/.test(file));
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
