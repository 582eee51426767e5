import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const program = process.env.STREETS ?? join(root, 'build', 'bin', 'streets');

const classNames = [
  'car',
  'van',
  'truck',
  'bus',
  'motorcycle',
  'bicycle',
  'pedestrian',
  'dog',
  'traffic light',
  'stop sign',
  'cone',
];
const colours = ['red', 'blue', 'green', 'yellow', 'white', 'black', 'silver', 'orange', 'brown'];

function streets(...args) {
  return spawnSync(program, args, { encoding: 'utf8' });
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(path) : [path];
    })
    .sort();
}

function hashOf(folder) {
  const hash = createHash('sha256');
  for (const path of filesUnder(folder))
    hash.update(relative(folder, path)).update(readFileSync(path));
  return hash.digest('hex');
}

function scenesOf(folder) {
  const lines = readFileSync(join(folder, 'scenes.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

describe('streets', { skip: existsSync(program) ? false : `${program} is not built` }, () => {
  let work;
  let dataset;

  before(() => {
    work = mkdtempSync(join(tmpdir(), 'streets-'));
    dataset = join(work, 'one-thread');
    const made = streets(
      '--seed',
      '9',
      '--count',
      '26',
      '--drives',
      '13',
      '--threads',
      '1',
      '--out',
      dataset,
    );
    assert.equal(made.status, 0, made.stderr);
    assert.equal(made.stderr, '');
  });
  after(() => rmSync(work, { recursive: true, force: true }));

  it('renders the same bytes whatever the number of threads', () => {
    const other = join(work, 'three-threads');
    assert.equal(
      streets('--seed', '9', '--count', '26', '--drives', '13', '--threads', '3', '--out', other)
        .status,
      0,
    );
    assert.equal(hashOf(other), hashOf(dataset));
  });

  it('renders another world for another seed', () => {
    const other = join(work, 'other-seed');
    assert.equal(streets('--seed', '10', '--count', '2', '--out', other).status, 0);
    assert.notDeepEqual(scenesOf(other)[0], scenesOf(dataset)[0]);
  });

  it('shares the frames among the drives in the layout of KITTI raw', () => {
    const days = join(dataset, '2026_01_05');
    assert.equal(readdirSync(days).length, 13);
    const drive = join(days, '2026_01_05_drive_0001_sync');
    assert.deepEqual(readdirSync(join(drive, 'image_02', 'data')).sort(), [
      '0000000000.jpg',
      '0000000001.jpg',
    ]);
    for (const stamps of ['image_02/timestamps.txt', 'oxts/timestamps.txt']) {
      const lines = readFileSync(join(drive, stamps), 'utf8').trimEnd().split('\n');
      assert.equal(lines.length, 2);
      for (const line of lines) assert.match(line, /^2026-01-05 \d\d:\d\d:\d\d\.\d{9}$/);
    }
    const position = readFileSync(join(drive, 'oxts', 'data', '0000000000.txt'), 'utf8')
      .trim()
      .split(' ')
      .map(Number);
    assert.equal(position.length, 30);
    assert.ok(position.every(Number.isFinite));
  });

  it('writes tracks of 17 columns that name the same objects as the scenes', () => {
    for (const scene of scenesOf(dataset)) {
      const frame = Number(scene.path.match(/(\d{10})\.jpg$/)[1]);
      const rows = readFileSync(join(dataset, 'label_02', `${scene.drive}.txt`), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((row) => row.split(' '));
      assert.ok(rows.every((row) => row.length === 17));
      const tracked = rows.filter((row) => Number(row[0]) === frame);
      assert.deepEqual(
        tracked.map((row) => Number(row[1])),
        scene.objects.map((object) => object.track_id),
      );
      assert.deepEqual(
        tracked.map((row) => row[2].toLowerCase()),
        scene.objects.map((object) => object.class_name.replace(' ', '')),
      );
    }
  });

  it('describes every frame with boxes inside it and words it knows', () => {
    const scenes = scenesOf(dataset);
    assert.equal(scenes.length, 26);
    for (const scene of scenes) {
      assert.ok(statSync(join(dataset, scene.path)).size > 10_000, scene.path);
      assert.ok(['day', 'dusk', 'night'].includes(scene.time_of_day));
      assert.ok(['clear', 'rain', 'snow', 'fog'].includes(scene.weather));
      assert.equal(
        new Set(scene.objects.map((object) => object.track_id)).size,
        scene.objects.length,
      );
      for (const object of scene.objects) {
        assert.ok(
          classNames.includes(object.class_name) && colours.includes(object.colour),
          JSON.stringify(object),
        );
        const [x0, y0, x1, y1] = object.box_xyxy_px;
        assert.ok(
          0 <= x0 && x0 < x1 && x1 <= 960 && 0 <= y0 && y0 < y1 && y1 <= 540,
          JSON.stringify(object),
        );
        assert.ok(object.visibility > 0 && object.visibility <= 1);
      }
      assert.ok(scene.captions.length >= 3 && scene.captions.length <= 5);
      for (const caption of scene.captions) assert.match(caption, /^[a-z][a-z ,-]+$/);
    }
  });

  it('mentions a colour with its object only where it can be seen', () => {
    for (const scene of scenesOf(dataset)) {
      for (const caption of scene.captions) {
        const named = caption.match(
          /\b(red|blue|green|yellow|white|black|silver|orange|brown) (car|van|truck|bus|motorcycle|bicycle|dog|cone)\b/,
        );
        if (!named) continue;
        const seen = scene.objects.some(
          ({ class_name, colour, visibility, box_xyxy_px: box }) =>
            class_name === named[2] &&
            colour === named[1] &&
            visibility >= 0.4 &&
            box[3] - box[1] >= 20,
        );
        assert.ok(seen, `${scene.path}: ${caption}`);
      }
    }
  });

  it('writes PNG on request', () => {
    const other = join(work, 'png');
    assert.equal(streets('--count', '1', '--format', 'png', '--out', other).status, 0);
    const bytes = readFileSync(join(other, scenesOf(other)[0].path));
    assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
    assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [960, 540]);
  });

  it('answers a wrong flag with one line and exit code 2, an unwritable folder with one line and 1', () => {
    for (const args of [
      ['--size', '3'],
      ['--count', 'many', '--out', work],
      ['--count', '3'],
      ['--out', work],
      ['--count', '2', '--drives', '3', '--out', work],
    ]) {
      const refused = streets(...args);
      assert.equal(refused.status, 2, args.join(' '));
      assert.match(refused.stderr, /^streets: [^\n]+\n$/);
    }
    const failed = streets('--count', '1', '--out', join(program, 'not-a-folder'));
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /^streets: [^\n]+\n$/);
    assert.equal(streets('--help').status, 0);
  });
});
