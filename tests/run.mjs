// Sets up, builds and runs every suite, one after the other, and ends with a table.
//   npm test                   everything
//   npm test -- core browser   the suites whose name holds one of these words, and what they need
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '../..');
process.chdir(root);
const logFolder = 'build/logs';

const build = (preset, ...targets) => [
  ['cmake', '--preset', preset, '--log-level=WARNING'],
  ['cmake', '--build', '--preset', preset, ...(targets.length > 0 ? ['--target', ...targets] : [])],
];

// Folder of tests/ → its *.test.mjs files; those directly in tests/ make the suite "tools".
function nodeTests() {
  const paths = readdirSync('tests', { recursive: true }).filter((path) =>
    path.endsWith('.test.mjs'),
  );
  const folders = {};
  for (const path of paths.sort()) {
    const folder = path.includes('/') ? path.split('/')[0] : 'tools';
    (folders[folder] ??= []).push(join('tests', path));
  }
  return Object.entries(folders).map(([folder, files]) => ({
    name: `${folder} (node)`,
    needs: folder === 'tools' ? ['setup'] : ['build native', 'build web', 'demo site'],
    commands: [['node', '--test', '--test-concurrency=1', '--test-reporter=spec', ...files]],
  }));
}

function allSuites() {
  return [
    { name: 'setup', needs: [], commands: [['./setup.sh', 'test']] },
    { name: 'build native', needs: ['setup'], commands: build('native') },
    { name: 'build wasm', needs: ['setup'], commands: build('wasm') },
    { name: 'build web', needs: ['build wasm'], commands: [['node', 'web/build.mjs']] },
    {
      name: 'demo site',
      needs: ['build native', 'build web'],
      commands: [['node', 'datasets/demo.mjs', '--no-serve']],
    },
    {
      name: 'build asan',
      needs: ['setup'],
      commands: build('asan', 'core_tests', 'indexer_tests'),
    },
    { name: 'lint', needs: ['setup'], commands: [['node', 'tests/lint.mjs']] },
    { name: 'core native', needs: ['build native'], commands: [['build/bin/core_tests']] },
    {
      name: 'core wasm',
      needs: ['build wasm'],
      commands: [['node', ...quietFetch(), 'build/wasm/bin/core_tests.js']],
    },
    { name: 'core asan', needs: ['build asan'], commands: [['build/asan/bin/core_tests']] },
    { name: 'indexer native', needs: ['build native'], commands: [['build/bin/indexer_tests']] },
    { name: 'indexer asan', needs: ['build asan'], commands: [['build/asan/bin/indexer_tests']] },
    ...nodeTests(),
    { name: 'naming', needs: ['build native'], commands: [['node', 'tests/lint.mjs', '--naming']] },
  ];
}

// Emscripten's loader takes a global fetch for a browser's.
function quietFetch() {
  const flag = '--no-experimental-fetch';
  return process.allowedNodeEnvironmentFlags.has(flag) ? [flag] : [];
}

// Runs one command; resolves to its exit status and what it printed.
function run([command, ...args], log) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        log.write(text);
      });
    }
    child.on('error', (error) => resolve({ status: -1, output: `${command}: ${error.message}\n` }));
    child.on('close', (status, signal) => resolve({ status: status ?? signal, output }));
  });
}

// What a suite left out: Catch2 warnings, lines with SKIPPED, and skipped cases of the Node runner.
function skippedIn(output) {
  const found = [];
  const lines = output.split('\n');
  lines.forEach((line, index) => {
    if (/^warning:\s*$/.test(line)) found.push(lines[index + 1]?.trim());
    else if (/\bSKIPPED\b/.test(line) || /^\s*﹣.*# /.test(line)) found.push(line.trim());
  });
  return [...new Set(found.filter(Boolean))];
}

async function runSuite(suite) {
  const log = createWriteStream(join(logFolder, `${suite.name.replaceAll(/\W+/g, '-')}.log`));
  const began = performance.now();
  let output = '';
  let ok = true;
  for (const command of suite.commands) {
    const result = await run(command, log);
    output += result.output;
    ok = result.status === 0;
    if (!ok) {
      output += `${command.slice(0, 4).join(' ')} ended with ${result.status}\n`;
      break;
    }
  }
  log.end();
  return { ok, output, seconds: (performance.now() - began) / 1000, skipped: skippedIn(output) };
}

const words = process.argv.slice(2);
mkdirSync(logFolder, { recursive: true });

const suites = allSuites();
const wanted = new Set();
const want = (name) => {
  if (wanted.has(name)) return;
  wanted.add(name);
  suites.find((suite) => suite.name === name).needs.forEach(want);
};
for (const { name } of suites) {
  if (words.length === 0 || words.some((word) => name.includes(word))) want(name);
}

const results = new Map();
for (const suite of suites.filter(({ name }) => wanted.has(name))) {
  const broken = suite.needs.find((name) => !results.get(name).ok);
  if (broken !== undefined) {
    results.set(suite.name, {
      ok: false,
      seconds: 0,
      skipped: [],
      note: `not run: ${broken} failed`,
    });
    continue;
  }
  process.stdout.write(`${suite.name} … `);
  const result = await runSuite(suite);
  results.set(suite.name, result);
  console.log(`${result.ok ? 'ok' : 'FAILED'} (${result.seconds.toFixed(1)} s)`);
  if (!result.ok) console.log(result.output.split('\n').slice(-80).join('\n'));
}

console.log('\nsuite                     time  result');
for (const [name, { ok, seconds, note }] of results) {
  console.log(
    `${name.padEnd(20)} ${seconds.toFixed(1).padStart(7)} s  ${ok ? 'ok' : `FAILED ${note ?? ''}`}`,
  );
}
const skipped = [...results].flatMap(([name, result]) =>
  result.skipped.map((line) => `${name}: ${line}`),
);
if (skipped.length > 0)
  console.log(`\n!!! SKIPPED, so not tested here:\n  ${skipped.join('\n  ')}`);
const failures = [...results.values()].filter(({ ok }) => !ok).length;
const total = [...results.values()].reduce((sum, { seconds }) => sum + seconds, 0);
console.log(
  `\n${results.size - failures} of ${results.size} suites passed in ${(total / 60).toFixed(1)} minutes`,
);
process.exitCode = failures > 0 ? 1 : 0;
