// The phrase bank at full size: how long the build takes, and what one query fetches.
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findPhrase, openBundle, parseManifest, parseRoot } from '../format/read_bundle.mjs';
import { objectName, parsePhraseDirectory, unpackObject } from '../format/read_bundle.mjs';
import { folder, machine, printTable, root, run, writeResult } from './bench_output.mjs';
import { renderStreets } from './streets_bench.mjs';

const sightline = join(root, 'build/bin/sightline');
const searchSeed = 900_001;
const bars = { queryBytes: 20_000, buildS: 600 };

function timedBuild(drives, site, phraseCount) {
  const began = performance.now();
  const models = ['--model', 'streets-clip', '--detector', 'streets-detector'];
  const places = ['--out', site, '--catalog', join(folder, 'phrases-catalog/catalog.sqlite')];
  const options = ['--bundle-only', '--thumbnail-px', '0', '--full'];
  const bank = ['--bank-phrases', `${phraseCount}`, '--progress', 'none'];
  run(sightline, ['build', drives, ...places, ...models, ...options, ...bank]);
  return (performance.now() - began) / 1000;
}

// The stored bytes of every directory with each of its leaves, and so of the first answers: each with
// the largest of the other is the most that any one phrase can cost.
function queryBytes(site) {
  const read = (ref) => readFileSync(join(site, objectName(ref)));
  const manifest = parseManifest(readFileSync(join(site, 'manifest.json')));
  const { phraseBank } = parseRoot(unpackObject(manifest, read(manifest)));
  const below = (directories) =>
    directories.flatMap(({ ref }) =>
      parsePhraseDirectory(unpackObject(ref, read(ref))).map(
        (leaf) => ref.storedBytes + leaf.ref.storedBytes,
      ),
    );
  const answerBytes = Math.max(0, ...below(phraseBank.answers));
  const bytes = below(phraseBank.directories).map((count) => count + answerBytes);
  const rootBytes = statSync(join(site, objectName(manifest))).size;
  return { phraseBank, rootBytes, bytes: bytes.sort((a, b) => a - b) };
}

export function benchPhrases({ count, phrases }) {
  console.log(
    `phrases: a bank of ${phrases}, ${count} frames of seed ${searchSeed}\n${machine()}\n`,
  );
  const drives = renderStreets(searchSeed, count);
  const site = join(folder, 'phrases-site');
  for (const path of [site, join(folder, 'phrases-catalog')]) {
    rmSync(path, { recursive: true, force: true });
  }
  const withoutS = timedBuild(drives, site, 0);
  const bankS = timedBuild(drives, site, phrases);
  const againS = timedBuild(drives, site, phrases);
  const { phraseBank, rootBytes, bytes } = queryBytes(site);
  const bundle = openBundle(site);
  const missing = bundle.suggestions.filter((phrase) => findPhrase(bundle, phrase) === null);
  if (missing.length > 0) throw new Error(`not in the bank: ${missing.slice(0, 5)}`);
  const verdict = (value, bar) => (value <= bar ? 'reached' : 'missed');
  const most = bytes.at(-1);
  const median = bytes[bytes.length >> 1];
  const suggestBytes = phraseBank.suggestions.reduce((sum, ref) => sum + ref.storedBytes, 0);
  printTable([
    ['phrase bank', 'value', 'bar', ''],
    ['phrases', `${phraseBank.phraseCount}`, '', ''],
    [
      'fetched a query, most (bytes)',
      `${most}`,
      `${bars.queryBytes}`,
      verdict(most, bars.queryBytes),
    ],
    ['fetched a query, median (bytes)', `${median}`, '', ''],
    ['root (bytes)', `${rootBytes}`, '', ''],
    ['suggestions, on first focus (bytes)', `${suggestBytes}`, '', ''],
    ['build with the bank (s)', bankS.toFixed(1), `${bars.buildS}`, verdict(bankS, bars.buildS)],
    ['build with the bank again (s)', againS.toFixed(1), '', ''],
    ['build of the images, no bank (s)', withoutS.toFixed(1), '', ''],
  ]);
  const { phraseCount } = phraseBank;
  writeResult('phrases', {
    phraseCount,
    most,
    median,
    rootBytes,
    suggestBytes,
    bankS,
    againS,
    withoutS,
  });
}
