// The embedded models through the whole product: frames rendered from seeds that no model was
// trained on, indexed by `sightline build`, asked by `sightline search`.
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeNpy } from '../support/vectors.mjs';
import { averagePrecision, mean } from './average_precision.mjs';
import { folder, machine, printTable, readLines, root, run, writeResult } from './bench_output.mjs';
import { answerableQueries } from './streets_queries.mjs';

const streets = join(root, 'build/bin/streets');
const sightline = join(root, 'build/bin/sightline');
const searchSeed = 900_001;
const detectorSeed = 900_002;
const mostDetectorFrames = 300;
const k = 10;

const precisionBars = {
  'single attribute': 0.95,
  'object + colour': 0.85,
  'object + colour + condition': 0.7,
  'two objects': 0.7,
};
const detectorBar = 0.65;

const readRecords = (path) => readLines(readFileSync(path, 'utf8'));

// Renders once; returns the folder.
export function renderStreets(seed, count) {
  const drives = join(folder, `streets-${seed}-${count}`);
  if (existsSync(drives)) return drives;
  rmSync(`${drives}.unfinished`, { recursive: true, force: true });
  const args = ['--seed', `${seed}`, '--count', `${count}`, '--out', `${drives}.unfinished`];
  run(streets, args, { showProgress: true });
  renameSync(`${drives}.unfinished`, drives);
  return drives;
}

// Indexes with the embedded models, from the beginning: other models must not be answered for.
export function indexStreets(drives, name, ...options) {
  const site = join(folder, `${name}-site`);
  const catalog = join(folder, `${name}-catalog`);
  for (const path of [site, catalog]) rmSync(path, { recursive: true, force: true });
  const models = ['--model', 'streets-clip', '--detector', 'streets-detector'];
  const places = ['--out', site, '--catalog', join(catalog, 'catalog.sqlite')];
  const args = ['build', drives, ...places, ...models, '--thumbnail-px', '0', '--bundle-only'];
  run(sightline, [...args, ...options], { showProgress: true });
  return site;
}

export const readFrames = (drives) => readRecords(join(drives, 'scenes.jsonl'));

function askQueries(site, frames) {
  const known = new Set(frames.map(({ path }) => path));
  return answerableQueries(frames).map(({ kind, text, matching }) => {
    const found = run(sightline, ['search', site, text, '--k', `${k}`, '--json']);
    const { hits } = JSON.parse(found);
    const stray = hits.find(({ path }) => !known.has(path));
    if (stray) throw new Error(`${stray.path} is a hit, but no scene describes it`);
    const precision = hits.filter(({ path }) => matching.has(path)).length / k;
    return { kind, text, precision, chance: matching.size / frames.length };
  });
}

function summarise(answers) {
  return Object.entries(precisionBars).map(([kind, bar]) => {
    const own = answers.filter((answer) => answer.kind === kind);
    return {
      ...{ kind, bar, queries: own.length },
      precision: mean(own.map(({ precision }) => precision)),
      chance: mean(own.map(({ chance }) => chance)),
      worst: [...own].sort((a, b) => a.precision - b.precision).slice(0, 3),
    };
  });
}

const longerSide = ([x0, y0, x1, y1]) => Math.max(x1 - x0, y1 - y0);

// mAP over the truths that `counts` chooses, with the figure of each class.
function detectorFigures(frames, detected, counts) {
  const names = [...new Set(frames.flatMap(({ objects }) => objects.map((o) => o.class_name)))];
  const byClass = {};
  for (const name of names.sort()) {
    const images = frames.map(({ path, objects }) => ({
      truths: objects
        .filter((object) => object.class_name === name)
        .map((object) => ({ box: object.box_xyxy_px, counted: counts(object) })),
      detections: (detected.get(path) ?? [])
        .filter((detection) => detection.class_name === name)
        .map(({ box_xyxy_px: box, confidence }) => ({ box, confidence })),
    }));
    byClass[name] = averagePrecision(images);
  }
  const known = Object.values(byClass).filter((value) => value !== null);
  return { map: mean(known), byClass };
}

function measureDetector(count) {
  const drives = renderStreets(detectorSeed, count);
  const site = indexStreets(drives, 'detector', '--confidence', '0.05', '--crops', 'off');
  const exported = join(folder, 'detector-export');
  rmSync(exported, { recursive: true, force: true });
  run(sightline, ['export', site, '--out', exported]);
  const records = readRecords(join(exported, 'metadata.jsonl'));
  const detected = new Map(records.map(({ path, detections }) => [path, detections]));
  const frames = readFrames(drives);
  const lost = frames.find(({ path }) => !detected.has(path));
  if (lost) throw new Error(`${lost.path} is not in the bundle`);
  const seen = ({ visibility }) => visibility >= 0.5;
  const large = (object) => seen(object) && longerSide(object.box_xyxy_px) >= 24;
  const small = (object) => seen(object) && longerSide(object.box_xyxy_px) < 24;
  return {
    frames: count,
    large: detectorFigures(frames, detected, large),
    small: detectorFigures(frames, detected, small),
  };
}

// How much more of an index of plain cells texts open than images, for the same recall.
function measureDifficulty(site, texts) {
  const exported = join(folder, 'streets-export');
  rmSync(exported, { recursive: true, force: true });
  run(sightline, ['export', site, '--out', exported]);
  const asked = texts.flatMap((text) => ['--text', text]);
  const embedded = run(sightline, ['embed', '--model', 'streets-clip', '--json', ...asked]);
  const queries = join(exported, 'texts.npy');
  const rows = readLines(embedded).map(({ embedding }) => embedding);
  writeNpy(queries, Float32Array.from(rows.flat()), [rows.length, rows[0].length]);
  const vectors = ['--images', join(exported, 'embeddings.npy'), '--texts', queries];
  const [text, image] = readLines(run(join(root, 'build/bin/query_difficulty'), vectors));
  return { text, image };
}

export function benchStreets({ count }) {
  console.log(`streets: ${count} frames of seed ${searchSeed}\n${machine()}\n`);
  const drives = renderStreets(searchSeed, count);
  const frames = readFrames(drives);
  const site = indexStreets(drives, 'streets');
  const answers = askQueries(site, frames);
  const difficulty = measureDifficulty(
    site,
    answers.map(({ text }) => text),
  );
  const kinds = summarise(answers);
  const detector = measureDetector(Math.min(count, mostDetectorFrames));

  const verdict = (value, bar) => (value >= bar ? 'reached' : 'missed');
  printTable([
    [`precision@${k} of text queries`, 'queries', 'by chance', 'precision', 'bar', ''],
    ...kinds.map(({ kind, queries, chance, precision, bar }) =>
      queries === 0
        ? [kind, '0', '-', '-', bar.toFixed(2), 'too few frames']
        : [
            ...[kind, `${queries}`, chance.toFixed(3), precision.toFixed(3), bar.toFixed(2)],
            verdict(precision, bar),
          ],
    ),
  ]);
  for (const { kind, worst } of kinds) {
    const texts = worst.map(({ text, precision }) => `"${text}" ${precision.toFixed(1)}`);
    if (texts.length > 0) console.log(`  worst of ${kind}: ${texts.join(', ')}`);
  }
  console.log();
  const { large, small } = detector;
  printTable([
    [`detector, ${detector.frames} frames`, 'mAP@0.5', 'bar', ''],
    [
      'longer side ≥ 24 px, visibility ≥ 0.5',
      large.map.toFixed(3),
      detectorBar.toFixed(2),
      verdict(large.map, detectorBar),
    ],
    ['smaller ones', small.map.toFixed(3), '', ''],
  ]);
  const classes = Object.entries(large.byClass).map(
    ([name, value]) => `${name} ${value === null ? '-' : value.toFixed(2)}`,
  );
  console.log(`  by class: ${classes.join(', ')}`);
  console.log();
  const opened = (kind) => difficulty[kind]['percent_opened_for_recall_0.95'];
  const ratio = (opened('text') / opened('image')).toFixed(1);
  console.log(
    `difficulty: of ${difficulty.text.cells} plain k-means cells, recall@10 0.95 opens ` +
      `${opened('text')} % for texts, ${opened('image')} % for images: ${ratio} times as many`,
  );
  writeResult('streets', { count, kinds, answers, detector, difficulty });
}
