// Facets of a large collection by its root alone, where images were added or are gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importTypeScript } from './demo_site.mjs';

const { summedFacets } = await importTypeScript('web/engine/filters.ts');

const none = { values: [], addedValues: [], edges: new Float64Array(), addedRange: [] };
const place = { ...none, name: 'place', type: 0, values: ['here', 'there'], counts: [750, 250] };
const year = { ...none, name: 'year', type: 1, counts: [1000], edges: [1990, 2010] };
const root = (imageCount, removed) => ({
  ...{ imageCount, removed: new Uint32Array(removed), indexes: [{ rowCount: 1000 }] },
});

test('where nothing was added, counts are exact', () => {
  assert.deepEqual(summedFacets([place, year], root(1000, 0)), [
    {
      ...{ field: 'place', type: 'category' },
      values: [
        { value: 'here', count: 750 },
        { value: 'there', count: 250 },
      ],
    },
    { field: 'year', type: 'number', min: 1990, max: 2010 },
  ]);
});

test('images that are gone are not counted, and what only added ones have is offered', () => {
  const grown = [
    { ...place, addedValues: ['elsewhere'] },
    { ...year, addedRange: [2001, 2026] },
  ];
  assert.deepEqual(summedFacets(grown, root(600, 600)), [
    {
      ...{ field: 'place', type: 'category' },
      values: [
        { value: 'here', count: 450 },
        { value: 'there', count: 150 },
        { value: 'elsewhere', count: 10 },
      ],
    },
    { field: 'year', type: 'number', min: 1990, max: 2026 },
  ]);
});
