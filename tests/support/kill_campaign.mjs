// Kills builds at random moments and holds what is left against a build that was never killed.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contentOf, embeddedCount, json, models, program, run } from './program.mjs';

// What is embedded at once and committed together (indexer/image_work.h).
const groupImages = 16;

// Numbers in [0, 1) that a seed determines (mulberry32).
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const buildArguments = (source, folder, progress) => [
  ...['build', source, '--out', join(folder, 'bundle'), '--bundle-only'],
  ...['--catalog', join(folder, 'catalog/catalog.sqlite'), '--progress', progress, ...models],
];

// Kills a build after that time; what it had told of its progress, or null where it ended before.
function killedBuild(source, folder, delayMs) {
  const child = spawn(program, buildArguments(source, folder, 'json'), {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (told += text));
  const timer = setTimeout(() => child.kill('SIGKILL'), delayMs);
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code !== null && code !== 0) return reject(new Error(`a build failed: ${told}`));
      if (signal !== 'SIGKILL') return resolve(null);
      const reports = told
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
      const embedded = reports.filter(({ stage }) => stage === 'embed').at(-1);
      const { stage = 'start' } = reports.filter((report) => report.stage).at(-1) ?? {};
      resolve({ stage, embeddedAtLeast: embedded?.done ?? 0 });
    });
  });
}

// How many images' work a killed build's catalog holds, read from a copy so that the file stays as
// the kill left it.
function committedCount(folder) {
  const catalog = join(folder, 'catalog/catalog.sqlite');
  if (!existsSync(catalog)) return 0;
  const copy = join(folder, 'copy/catalog.sqlite');
  mkdirSync(dirname(copy), { recursive: true });
  for (const part of ['', '-wal']) {
    if (existsSync(catalog + part)) copyFileSync(catalog + part, copy + part);
  }
  const script = `
import sqlite3, sys
catalog = sqlite3.connect(sys.argv[1])
assert catalog.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
tables = catalog.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'works'").fetchone()[0]
print(catalog.execute("SELECT count(*) FROM works").fetchone()[0] if tables else 0)`;
  const read = spawnSync('/usr/bin/python3', ['-c', script, copy], { encoding: 'utf8' });
  assert.equal(read.status, 0, read.stderr);
  rmSync(dirname(copy), { recursive: true });
  return Number(read.stdout);
}

function finishedBuild(source, folder) {
  const began = performance.now();
  const built = run(...buildArguments(source, folder, 'plain'));
  assert.equal(built.code, 0, built.stderr);
  return { wallMs: performance.now() - began, embedded: embeddedCount(built.stderr) };
}

// Builds the images of source (imageCount of them, all different) kills times, each killed at a
// random moment and then run again; throws where something was lost, embedded twice or came out
// different. told(line) hears of each. Resolves to how many were killed in each stage.
export async function killCampaign({ source, work, imageCount, kills, seed, told = () => {} }) {
  const reference = join(work, 'never-killed');
  const { wallMs, embedded } = finishedBuild(source, reference);
  assert.equal(embedded, imageCount);
  const bytes = contentOf(join(reference, 'bundle'));

  const random = randomNumbers(seed);
  const stages = {};
  let killed = 0;
  for (let attempt = 0; killed < kills; ++attempt) {
    assert.ok(attempt < 4 * kills + 10, 'the builds end before they are killed');
    const folder = join(work, `kill-${attempt}`);
    const report = await killedBuild(source, folder, random() * wallMs);
    if (report) {
      const committed = committedCount(folder);
      const again = finishedBuild(source, folder);
      const line = `killed in ${report.stage}: ${committed} images committed, ${again.embedded} embedded after`;
      assert.ok(
        committed >= report.embeddedAtLeast,
        `${line}, ${report.embeddedAtLeast} were told`,
      );
      assert.equal(again.embedded, imageCount - committed, line);
      assert.ok(
        committed % groupImages === 0 || committed === imageCount,
        `${line}: part of a group`,
      );
      assert.equal(committedCount(folder), imageCount, line);
      assert.equal(contentOf(join(folder, 'bundle')), bytes, line);
      stages[report.stage] = (stages[report.stage] ?? 0) + 1;
      ++killed;
      told(`${killed} / ${kills}  ${line}`);
    }
    rmSync(folder, { recursive: true, force: true });
  }
  assert.ok(json('verify', join(reference, 'bundle'), '--json').ok);
  return stages;
}
