// Whether nonsense is answered "nothing found" and real queries are kept, through the whole product.
import { join } from 'node:path';
import { printTable, machine, root, run, writeResult } from './bench_output.mjs';
import { nonsenseQueries, realQueries } from './relevance_queries.mjs';
import { indexStreets, readFrames, renderStreets } from './streets_bench.mjs';

const sightline = join(root, 'build/bin/sightline');
const searchSeed = 900_001;
const bars = { nonsense: 0.95, real: 0.98 };

function ask(site, { kind, text }) {
  const { hits } = JSON.parse(run(sightline, ['search', site, text, '--k', '10', '--json']));
  return { kind, text, found: hits.length > 0 };
}

function rowsOf(title, answers, isRight, bar) {
  const kinds = [...new Set(answers.map(({ kind }) => kind))];
  const share = (own) => own.filter(isRight).length / own.length;
  const verdict = share(answers) >= bar ? 'reached' : 'missed';
  return [
    [title, `${answers.length}`, share(answers).toFixed(3), bar.toFixed(2), verdict],
    ...kinds.map((kind) => {
      const own = answers.filter((answer) => answer.kind === kind);
      return [`  ${kind}`, `${own.length}`, share(own).toFixed(3), '', ''];
    }),
  ];
}

export function benchRelevance({ count }) {
  console.log(`relevance: ${count} frames of seed ${searchSeed}\n${machine()}\n`);
  const drives = renderStreets(searchSeed, count);
  const site = indexStreets(drives, 'relevance');
  const nonsense = nonsenseQueries().map((query) => ask(site, query));
  const real = realQueries(readFrames(drives)).map((query) => ask(site, query));
  printTable([
    ['text queries', 'queries', 'share', 'bar', ''],
    ...rowsOf('nonsense: nothing found', nonsense, ({ found }) => !found, bars.nonsense),
    ...rowsOf('real: kept', real, ({ found }) => found, bars.real),
  ]);
  const wrong = [
    ...nonsense.filter(({ found }) => found),
    ...real.filter(({ found }) => !found),
  ].map(({ text }) => JSON.stringify(text));
  console.log(`  wrong: ${wrong.slice(0, 20).join(', ') || 'none'}`);
  writeResult('relevance', { count, nonsense, real });
}
