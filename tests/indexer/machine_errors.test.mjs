// Where the machine refuses: one line that says what and what to do, nothing half-written.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  copyImages,
  filesBelow,
  json,
  missing,
  models,
  program,
  quiet,
  renderDrives,
  run,
  temporaryFolder,
} from '../support/program.mjs';

const isRoot = process.getuid?.() === 0;
const nobody = 65534;
const asNobody = (command, args) =>
  spawnSync(command, args, { encoding: 'utf8', ...(isRoot ? { uid: nobody, gid: nobody } : {}) });
const noNobody =
  asNobody(program, ['models', 'check', 'streets-clip']).status !== 0 &&
  'SKIPPED: another user cannot run the program here';

// A disk of that size at folder, or why there is none.
function smallDisk(folder, size) {
  mkdirSync(folder, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  return mounted.status === 0 ? false : 'SKIPPED: no small disk can be mounted here';
}
const unmount = (folder) => spawnSync('umount', [folder]);

describe('sightline, where it may not or cannot write or read', { skip: missing }, () => {
  const work = temporaryFolder();
  const at = (...parts) => join(work, ...parts);
  const photos = at('photos');

  before(() => {
    chmodSync(work, 0o755);
    copyImages(renderDrives(at('drives'), { seed: 11, count: 4, drives: 1 }), photos);
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  it('a folder that cannot be read', { skip: noNobody }, () => {
    const locked = at('locked');
    mkdirSync(locked, { mode: 0 });
    const open = at('open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    const args = ['--out', join(open, 'site'), '--catalog', join(open, 'catalog.sqlite')];
    const stuck = asNobody(program, ['build', locked, ...args, ...quiet]);
    assert.equal(stuck.status, 1, stuck.stderr);
    assert.match(
      stuck.stderr,
      /^sightline: cannot read the folder \S+locked: Permission denied; check the permissions[^\n]*\n$/,
    );
    assert.deepEqual(filesBelow(open), []);

    cpSync(photos, join(open, 'photos'), { recursive: true });
    mkdirSync(join(open, 'photos/private'), { mode: 0 });
    const built = asNobody(program, [
      ...['build', join(open, 'photos'), '--bundle-only'],
      ...[...args, ...quiet],
    ]);
    assert.equal(built.status, 3, built.stderr);
    assert.equal(built.stderr, '');
    const errors = readFileSync(join(open, 'errors.jsonl'), 'utf8');
    const { path, stage, reason } = JSON.parse(errors);
    assert.deepEqual([basename(path), stage], ['private', 'scan']);
    assert.match(reason, /Permission denied/);
    rmSync(locked, { recursive: true });
    rmSync(open, { recursive: true });
  });

  it('a second builder at the same time', async () => {
    const args = [
      'build',
      at('drives'),
      '--bundle-only',
      ...models,
      '--catalog',
      at('shared/catalog.sqlite'),
    ];
    // It waits for room on its stderr, which nobody reads until the second has come and gone.
    const first = spawn(program, [...args, '--out', at('first'), '--progress', 'json'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise((resolve) => first.once('exit', resolve));
    const lock = at('shared/catalog.sqlite.lock');
    while (
      !(existsSync(lock) && readFileSync(lock, 'utf8').endsWith('\n')) &&
      first.exitCode === null
    )
      await new Promise((resolve) => setTimeout(resolve, 5));
    first.kill('SIGSTOP');
    const second = run(...args, '--out', at('second'), '--progress', 'none');
    first.kill('SIGCONT');
    first.stderr.resume();
    assert.equal(second.code, 1);
    assert.equal(
      second.stderr,
      `sightline: the catalog ${at('shared/catalog.sqlite')} is in use by process ${first.pid}; wait until it ends or stop it\n`,
    );
    assert.ok(!existsSync(at('second')));
    assert.equal(await ended, 0);
    assert.ok(json('verify', at('first'), '--json').ok);
  });

  it('a full disk, and goes on from there once there is room', (t) => {
    const disk = at('disk');
    const why = smallDisk(disk, '3m');
    if (why) return t.skip(why);
    try {
      const build = () =>
        run(
          'build',
          photos,
          '--out',
          join(disk, 'site'),
          '--catalog',
          join(disk, 'c/catalog.sqlite'),
          ...quiet,
        );
      const full = build();
      assert.equal(full.code, 1, full.stderr);
      assert.match(
        full.stderr,
        /^sightline: [^\n]*(No space left on device|the disk is full); free some space[^\n]*\n$/,
      );
      assert.ok(!existsSync(join(disk, 'site/bundle/manifest.json')));
      assert.deepEqual(
        filesBelow(disk).filter((path) => path.includes('.tmp-')),
        [],
      );
      assert.equal(spawnSync('mount', ['-o', 'remount,size=200m', disk]).status, 0);
      assert.deepEqual(build(), { code: 0, signal: null, stdout: '', stderr: '' });
      assert.ok(json('verify', join(disk, 'site'), '--json').ok);
    } finally {
      unmount(disk);
    }
  });

  it('a full disk under the catalog', (t) => {
    const disk = at('disk');
    const why = smallDisk(disk, '200k');
    if (why) return t.skip(why);
    try {
      const full = run(
        'build',
        photos,
        '--out',
        at('new'),
        '--catalog',
        join(disk, 'catalog.sqlite'),
        ...quiet,
      );
      assert.equal(full.code, 1, full.stderr);
      assert.match(
        full.stderr,
        /^sightline: the catalog \S+: the disk is full; free some space, what was committed is kept\n$/,
      );
      assert.ok(!existsSync(at('new')));
    } finally {
      unmount(disk);
    }
  });
});
