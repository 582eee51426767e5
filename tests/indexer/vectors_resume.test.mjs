// A build of vectors that is killed, again and again, goes on where it was and ends with the same bytes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { contentOf, program, temporaryFolder } from '../support/program.mjs';
import { clusteredVectors, writeNpy } from '../support/vectors.mjs';

const skip = !existsSync(program) && `SKIPPED: no ${program}; run npm run build`;
if (skip) console.error(skip);

const folder = temporaryFolder();
const at = (name) => join(folder, name);
// Enough of them that clustering and the graph take more than the 2 s from which on they are kept.
const [rows, dim] = [40_000, 128];

// Runs a build to its end, or until isTime() holds, when it is killed. Resolves to what it told.
async function build(out, isTime = () => false) {
  const options = ['--bundle-only', '--graph', 'on', '--piece-rows', '64', '--progress', 'plain'];
  const child = spawn(program, ['build', at('base.npy'), '--out', out, ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (told += text));
  const ended = new Promise((resolve) => child.once('close', resolve));
  let code;
  ended.then((status) => (code = status));
  while (code === undefined) {
    if (isTime()) child.kill('SIGKILL');
    await sleep(20);
  }
  return { code, told };
}

test('a killed build of vectors is resumed and ends with the same bytes', { skip }, async () => {
  writeNpy(at('base.npy'), clusteredVectors({ rows, dim, clusters: 300 }), [rows, dim]);
  const whole = await build(at('whole'));
  assert.equal(whole.code, 0, whole.told);
  assert.doesNotMatch(whole.told, /resum/);
  assert.deepEqual(readdirSync(folder).sort(), ['base.npy', 'whole']);

  const out = at('killed');
  const kept = (step) => existsSync(join(`${out}.unfinished`, `${step}.kept`));
  const objects = join(out, 'objects');
  const moments = {
    // Where cells take less time than that, they are not kept; the graph comes next.
    'the cells': () => kept('cells') || kept('graph'),
    'the graph': () => kept('graph'),
    'the objects': () => existsSync(objects) && readdirSync(objects).length > 60,
    'the end': () => false,
  };
  for (const [moment, isTime] of Object.entries(moments)) {
    const found = {
      cells: kept('cells') && !kept('plan'),
      plan: kept('plan'),
      graph: kept('graph'),
    };
    const { code, told } = await build(out, isTime);
    assert.equal(code, moment === 'the end' ? 0 : null, `${moment}: ${told}`);
    assert.equal(existsSync(join(out, 'manifest.json')), code === 0, moment);
    if (moment === 'the graph') continue; // it may be killed before it has told anything
    assert.equal(/resuming: the cells of/.test(told), found.cells, `${moment}: ${told}`);
    assert.equal(/resuming: cells and codes of/.test(told), found.plan, `${moment}: ${told}`);
    assert.equal(/resuming: the graph of/.test(told), found.graph, `${moment}: ${told}`);
  }
  assert.equal(contentOf(out), contentOf(at('whole')));
  assert.deepEqual(readdirSync(folder).sort(), ['base.npy', 'killed', 'whole']);
});
