// The order in which files are fetched, by the rule alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importTypeScript } from './demo_site.mjs';

const { Limiter, rank } = await importTypeScript('web/bundle/limiter.ts');

// Tasks that end when they are told to; `order` says which began.
function tasks(limiter) {
  const order = [];
  const ends = new Map();
  const ask = (name, options) =>
    limiter.run(() => {
      order.push(name);
      return new Promise((resolve) => ends.set(name, resolve));
    }, options);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const end = async (name) => {
    ends.get(name)();
    await settle();
  };
  return { order, ask, end, settle };
}

test('small files go before pictures, and those before models', async () => {
  const { order, ask, end, settle } = tasks(new Limiter(1));
  const all = [
    ask('running'),
    ask('model', { rank: rank.bulk }),
    ask('picture', { rank: rank.shown }),
    ask('records'),
    ask('second picture', { rank: rank.shown }),
  ];
  await settle();
  for (const name of ['running', 'records', 'picture', 'second picture', 'model']) await end(name);
  assert.deepEqual(order, ['running', 'records', 'picture', 'second picture', 'model']);
  await Promise.all(all);
});

test('what comes in bulk leaves places for the others', async () => {
  const { order, ask, end, settle } = tasks(new Limiter(6));
  const bulk = Array.from({ length: 6 }, (_, i) => ask(`model ${i}`, { rank: rank.bulk }));
  await settle();
  assert.equal(order.length, 4);
  const records = ask('records');
  await settle();
  assert.equal(order.at(-1), 'records');
  await end('records');
  for (let i = 0; i < 6; ++i) await end(`model ${i}`);
  await Promise.all([...bulk, records]);
});

test('what may come later waits for calm, or until somebody asks for it', async () => {
  const { order, ask, end, settle } = tasks(new Limiter(6));
  let hurry;
  const records = ask('records');
  const index = ask('index', { rank: rank.bulk, later: new Promise(() => undefined) });
  const columns = ask('columns', {
    rank: rank.bulk,
    later: new Promise((resolve) => (hurry = resolve)),
  });
  await settle();
  assert.deepEqual(order, ['records']);
  hurry();
  await settle();
  assert.deepEqual(order, ['records', 'columns']);
  await end('columns');
  await end('records');
  assert.deepEqual(order, ['records', 'columns']);
  while (order.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  await end('index');
  await Promise.all([records, index, columns]);
});

test('an abort leaves the queue in order', async () => {
  const { order, ask, end, settle } = tasks(new Limiter(1));
  const controller = new AbortController();
  const running = ask('running');
  const given = ask('given up', { signal: controller.signal });
  const next = ask('next');
  await settle();
  controller.abort();
  await assert.rejects(given, { name: 'AbortError' });
  await end('running');
  await end('next');
  assert.deepEqual(order, ['running', 'next']);
  await Promise.all([running, next]);
});
