import { SightlineError } from '../bundle/errors.js';
import { columnType } from '../core/core_types.js';
import type { Column, CoreFilterClause, FacetSummary, Root } from '../core/core_types.js';
import type { Facet, Filter, FilterClause } from '../core/types.js';

/** As the core takes it; the values are compared as text. */
export function coreClause(clause: FilterClause | string): CoreFilterClause | string {
  if (typeof clause === 'string') return clause;
  return { ...clause, values: clause.values.map(String) };
}

/** As `parse_filter` of the core reads it. */
export function parseFilter(text: string): FilterClause {
  const found = /^\s*([^=!<>]+?)\s*(?:(\sin\s)|(!=|>=|<=|=))\s*(.*?)\s*$/s.exec(text);
  const [, field, isIn, op, value] = found ?? [];
  if (!field || !value) {
    throw new SightlineError(
      'invalid_argument',
      `filter '${text}': expected 'field OP value' with OP one of = != >= <= in`,
    );
  }
  if (isIn) return { field, op: 'in', values: value.split(',').map((part) => part.trim()) };
  return { field, op: op as FilterClause['op'], values: [value] };
}

type Test = (image: number) => boolean;

function numberTest({ op, values }: FilterClause, valueOf: (image: number) => number): Test {
  const operands = values.map(Number);
  const first = operands[0]!;
  return (image) => {
    const value = valueOf(image);
    if (Number.isNaN(value)) return false;
    if (op === '!=') return value !== first;
    if (op === '>=') return value >= first;
    if (op === '<=') return value <= first;
    return operands.includes(value);
  };
}

function tagCount(column: Column, value: number, image: number): number {
  for (let i = column.tagOffsets[image]!; i < column.tagOffsets[image + 1]!; ++i) {
    if (column.tagValues[i] === value) return column.tagCounts[i]!;
  }
  return 0;
}

function makeTest(clause: FilterClause, columns: Column[]): Test {
  const named = new Set(clause.values.map(String));
  const wanted = clause.op !== '!=';
  const column = columns.find(({ name }) => name === clause.field);
  if (column?.type === columnType.number) {
    return numberTest(clause, (image) => column.numbers[image]!);
  }
  if (column) {
    const isNamed = column.values.map((value) => named.has(value));
    if (column.type === columnType.category) {
      return (image) => isNamed[column.codes[image]!] === wanted;
    }
    return (image) => {
      const tags = column.tagValues.subarray(
        column.tagOffsets[image],
        column.tagOffsets[image + 1],
      );
      return tags.some((tag) => isNamed[tag]!) === wanted;
    };
  }
  const dot = clause.field.indexOf('.');
  const tags = columns.find(({ name }) => name === clause.field.slice(0, Math.max(dot, 0)));
  if (tags?.type !== columnType.tags) {
    const known = columns.map(({ name }) => name).join(', ');
    throw new SightlineError(
      'invalid_argument',
      `filter: no field '${clause.field}'; this bundle has ${known}`,
    );
  }
  const value = tags.values.indexOf(clause.field.slice(dot + 1));
  return numberTest(clause, (image) => tagCount(tags, value, image));
}

/** The images of a bundle, as its root counts them. */
type Images = Pick<Root, 'imageCount' | 'removed'>;
type SummedImages = Images & { indexes: Pick<Root['indexes'][number], 'rowCount'>[] };

/** The ordinals of the images for which all conditions hold, ascending. */
export function matchingImages(filter: Filter, columns: Column[], bundle: Images): number[] {
  const tests = filter.map((clause) =>
    makeTest(typeof clause === 'string' ? parseFilter(clause) : clause, columns),
  );
  const { removed } = bundle;
  const end = bundle.imageCount + removed.length;
  const images: number[] = [];
  for (let image = 0, gone = 0; image < end; ++image) {
    if (removed[gone] === image) gone += 1;
    else if (tests.every((test) => test(image))) images.push(image);
  }
  return images;
}

/**
 * Each column with the counts of its values. Conditions on a category do not narrow its own
 * counts, so that the visitor sees what another choice would bring; those on tags do.
 */
export function countFacets(filter: Filter, columns: Column[], bundle: Images): Facet[] {
  const clauses = filter.map((clause) =>
    typeof clause === 'string' ? parseFilter(clause) : clause,
  );
  return columns.map((column): Facet => {
    const field = column.name;
    if (column.type === columnType.number) {
      const numbers = column.numbers.filter((value) => !Number.isNaN(value));
      const min = numbers.reduce((a, b) => Math.min(a, b), Infinity);
      const max = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
      return { field, type: 'number', min, max };
    }
    const isTags = column.type === columnType.tags;
    const others = isTags ? clauses : clauses.filter((clause) => clause.field !== field);
    const counts = new Array<number>(column.values.length).fill(0);
    for (const image of matchingImages(others, columns, bundle)) {
      if (!isTags) {
        counts[column.codes[image]!]! += 1;
        continue;
      }
      for (let i = column.tagOffsets[image]!; i < column.tagOffsets[image + 1]!; ++i) {
        counts[column.tagValues[i]!]! += 1;
      }
    }
    const values = column.values.map((value, index) => ({ value, count: counts[index]! }));
    return { field, type: isTags ? 'tags' : 'category', values };
  });
}

/** Of images that were added, those with a value that no other has, as the core expects them. */
const addedValueShare = 0.1;

/**
 * The facets of a large collection: counts of all its images, whatever the filter; estimates, as
 * those of the core, where images were added or are gone.
 */
export function summedFacets(summary: FacetSummary[], root: SummedImages): Facet[] {
  const { imageCount, removed, indexes } = root;
  const counted = indexes[0]!.rowCount;
  const all = imageCount + removed.length;
  const ofAdded = (addedValueShare * (all - counted) * imageCount) / all;
  const estimate = (count: number) => (count > 0 ? Math.max(1, Math.round(count)) : 0);
  return summary.flatMap((column): Facet[] => {
    const { name: field, type, values, addedValues, counts, edges, addedRange } = column;
    if (type === columnType.number) {
      const min = Math.min(edges[0]!, ...addedRange);
      return [{ field, type: 'number', min, max: Math.max(edges.at(-1)!, ...addedRange) }];
    }
    if (values.length === 0) return [];
    const scale = imageCount / counted;
    const known = values.map((value, i) => ({ value, count: estimate(counts[i]! * scale) }));
    const added = addedValues.map((value) => ({ value, count: estimate(ofAdded) }));
    return [{ field, type: 'category', values: [...known, ...added] }];
  });
}
