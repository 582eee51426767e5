// Holds format, names and the direction of includes.
//   node tests/lint.mjs            format of C++ and TypeScript, includes, types
//   node tests/lint.mjs --naming   names in C++ (clang-tidy; only files that changed since they last passed)
//   node tests/lint.mjs --fix      rewrites the format in place
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(fileURLToPath(import.meta.url), '../..');
process.chdir(root);

// What git tracks or would track.
const files = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
  .stdout.split('\n')
  .filter((path) => path !== '' && existsSync(path) && !path.startsWith('tests/fixtures/'));
const cpp = files.filter((path) => /\.(h|cpp|cu)$/.test(path));
const web = files.filter(
  (path) => /\.(mjs|js|ts|tsx|json|css|html)$/.test(path) && path !== 'package-lock.json',
);

function check(name, command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) console.error(`${command}: ${error.message}; run ./setup.sh test`);
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  return status === 0;
}

function lint(fix) {
  const bin = 'node_modules/.bin';
  const results = [
    check('C++ format', 'clang-format', [...(fix ? ['-i'] : ['--dry-run', '--Werror']), ...cpp]),
    check('TypeScript format', `${bin}/prettier`, [
      fix ? '--write' : '--check',
      '--log-level=warn',
      ...web,
    ]),
    check('includes', process.execPath, ['tests/check_includes.mjs']),
  ];
  if (existsSync('web/tsconfig.json')) {
    results.push(check('types', `${bin}/tsc`, ['--noEmit', '-p', 'web/tsconfig.json']));
  }
  return results.every(Boolean);
}

async function naming() {
  const database = 'build/native/compile_commands.json';
  if (!existsSync(database)) {
    console.error(`naming: no ${database}; run cmake --preset native`);
    return false;
  }
  const cachePath = 'build/lint.json';
  const passed = existsSync(cachePath) ? JSON.parse(readFileSync(cachePath, 'utf8')) : {};
  const shared = createHash('sha256').update(readFileSync('.clang-tidy'));
  for (const path of cpp.filter((path) => path.endsWith('.h'))) shared.update(readFileSync(path));
  const sharedDigest = shared.digest('hex');
  const digest = (path) =>
    createHash('sha256').update(sharedDigest).update(readFileSync(path)).digest('hex');

  const known = new Set(JSON.parse(readFileSync(database, 'utf8')).map((entry) => entry.file));
  const waiting = cpp.filter(
    (path) => known.has(join(root, path)) && passed[path] !== digest(path),
  );
  const count = waiting.length;
  const failed = [];
  const worker = async () => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const status = await new Promise((resolve) => {
        const child = spawn('clang-tidy', ['--quiet', '-p', 'build/native', path], {
          stdio: ['ignore', 'inherit', 'ignore'],
        });
        child.on('error', () => resolve(-1)).on('close', resolve);
      });
      if (status === 0) passed[path] = digest(path);
      else failed.push(path);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  mkdirSync('build', { recursive: true });
  writeFileSync(cachePath, JSON.stringify(passed));
  for (const path of failed)
    console.error(`naming: ${path} breaks .clang-tidy, or clang-tidy could not read it`);
  console.log(`${failed.length === 0 ? 'ok  ' : 'FAIL'} naming (${count} files looked at)`);
  return failed.length === 0;
}

const option = process.argv[2];
const ok = option === '--naming' ? await naming() : lint(option === '--fix');
process.exitCode = ok ? 0 : 1;
