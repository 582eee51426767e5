import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { importTypeScript } from './demo_site.mjs';

const { defaultState, filterCount, filterOf, formatState, parseState, rangeOf, withRange } =
  await importTypeScript('web/ui/view_state.ts');

function range(random) {
  const from = random() < 0.5 ? (random() - 0.5) * 1e4 : null;
  return { from, to: from === null || random() < 0.5 ? -1e-7 * random() : null };
}

// SplitMix32: the same states in every run.
function makeRandom(seed) {
  return () => {
    seed = (seed + 0x9e3779b9) | 0;
    let z = Math.imul(seed ^ (seed >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

describe('the state in the address', () => {
  test('1,000 random states survive the round trip', () => {
    const random = makeRandom(1);
    const letters = ['a', 'é', ' ', '#', '&', '=', '+', '%', '<', '日', '🚌', ',', '/', '\u202e'];
    const word = () =>
      Array.from(
        { length: 1 + Math.floor(random() * 8) },
        () => letters[Math.floor(random() * letters.length)],
      ).join('');
    for (let i = 0; i < 1000; ++i) {
      const state = {
        ...defaultState,
        text: random() < 0.5 ? word() : '',
        similarTo: random() < 0.3 ? word() : null,
        region: random() < 0.3 ? [1, 2, 30, 40] : null,
        chosen: random() < 0.5 ? { class: [word(), word()], sequence: [word()] } : {},
        ranges: random() < 0.5 ? { [`${word()}_m`.replaceAll('=', '')]: range(random) } : {},
        k: 1 + Math.floor(random() * 1000),
        minRelevance: random() < 0.5 ? Math.ceil(random() * 200) / 200 : 0,
        boxes: random() < 0.5,
        hiddenClasses: random() < 0.5 ? [word()] : [],
        image: random() < 0.5 ? word() : null,
      };
      assert.deepEqual(parseState(formatState(state)), state);
    }
  });

  test('nonsense becomes the first view', () => {
    assert.deepEqual(parseState('#k=-5&min=7&box=1,2&f==x&boxes=yes'), defaultState);
    assert.equal(formatState(defaultState), '');
  });

  test('values of a facet are alternatives, objects must all be there', () => {
    const chosen = { sequence: ['a', 'b'], class: ['car', 'bus'] };
    assert.deepEqual(filterOf({ chosen, ranges: {} }), [
      { field: 'sequence', op: 'in', values: ['a', 'b'] },
      { field: 'class', op: '=', values: ['car'] },
      { field: 'class', op: '=', values: ['bus'] },
    ]);
  });

  test('a range is a condition for each end that is set, and one choice', () => {
    const state = parseState('#f=year>=1990&f=year<=2001.5&f=height_m<=-3&f=camera>=left');
    assert.deepEqual(filterOf(state), [
      { field: 'camera>', op: '=', values: ['left'] },
      { field: 'year', op: '>=', values: [1990] },
      { field: 'year', op: '<=', values: [2001.5] },
      { field: 'height_m', op: '<=', values: [-3] },
    ]);
    assert.equal(filterCount(state), 3);
    const open = withRange(state, 'year', { from: null, to: null });
    assert.deepEqual(Object.keys(open.ranges), ['height_m']);
  });

  test('a number that a link names is a range of itself, until another is set', () => {
    const state = parseState('#f=year=1990');
    assert.deepEqual(rangeOf(state, 'year'), { from: 1990, to: 1990 });
    const later = withRange(state, 'year', { from: 1990, to: null });
    assert.deepEqual(later, { chosen: {}, ranges: { year: { from: 1990, to: null } } });
  });
});

describe('names from a bundle', async () => {
  const { tidy } = await importTypeScript('web/ui/dom.ts');

  test('are one line, short, and without characters that turn or hide text', () => {
    assert.equal(tidy('a\u202eb\u0000c\nd'), 'a\ufffdb\ufffdc\ufffdd');
    assert.ok(tidy('x'.repeat(10_000)).length < 200);
    assert.equal(tidy('<b>plain</b>.jpg'), '<b>plain</b>.jpg');
  });
});

describe('filters', async () => {
  const { coreClause, parseFilter } = await importTypeScript('web/engine/filters.ts');

  test('are read as the program does', () => {
    const read = (text) => Object.values(parseFilter(text));
    assert.deepEqual(read('sequence = a b'), ['sequence', '=', ['a b']]);
    assert.deepEqual(read('class in car, bus'), ['class', 'in', ['car', 'bus']]);
    assert.deepEqual(read('class.car>=2'), ['class.car', '>=', ['2']]);
    assert.deepEqual(read('camera != x=y'), ['camera', '!=', ['x=y']]);
    assert.throws(() => parseFilter('nonsense'), { code: 'invalid_argument' });
  });

  test('reach the core in their parts, so that values may hold commas', () => {
    const clause = { field: 'sequence', op: 'in', values: ['a,b', 3] };
    assert.deepEqual(coreClause(clause), { ...clause, values: ['a,b', '3'] });
    assert.equal(coreClause('k = v'), 'k = v');
  });
});
