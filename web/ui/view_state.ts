import type { BoxXyxyPx, Filter } from '../core/types.js';

/** Numbers from one to another, both included; null: open. */
export interface NumberRange {
  from: number | null;
  to: number | null;
}

export const anyNumber: NumberRange = { from: null, to: null };

/** What the page shows; a link to it carries everything but the file. */
export interface ViewState {
  text: string;
  /** An image of the visitor's to search by. */
  file: File | null;
  /** Search by an image of the bundle, or by a part of it. */
  similarTo: string | null;
  region: BoxXyxyPx | null;
  /** Chosen values by facet. */
  chosen: Record<string, string[]>;
  /** By facet of numbers; of each at least one end is set. */
  ranges: Record<string, NumberRange>;
  k: number;
  minRelevance: number;
  /** The nearest images also where nothing fits the text. */
  showAll: boolean;
  boxes: boolean;
  hiddenClasses: string[];
  /** The image looked at in the lightbox. */
  image: string | null;
}

export const defaultState: ViewState = {
  text: '',
  file: null,
  similarTo: null,
  region: null,
  chosen: {},
  ranges: {},
  k: 40,
  minRelevance: 0,
  showAll: false,
  boxes: true,
  hiddenClasses: [],
  image: null,
};

export const resultCounts = [20, 40, 100, 200];

/** Everything after '#', so that what is looked for reaches no server's log. */
export function formatState(state: ViewState): string {
  const words = new URLSearchParams();
  if (state.text) words.set('q', state.text);
  if (state.similarTo !== null) words.set('similar', state.similarTo);
  if (state.region) words.set('box', state.region.map(Math.round).join(','));
  for (const [field, values] of Object.entries(state.chosen)) {
    for (const value of values) words.append('f', `${field}=${value}`);
  }
  for (const [field, { from, to }] of Object.entries(state.ranges)) {
    if (from !== null) words.append('f', `${field}>=${from}`);
    if (to !== null) words.append('f', `${field}<=${to}`);
  }
  if (state.k !== defaultState.k) words.set('k', String(state.k));
  if (state.minRelevance > 0) words.set('min', String(state.minRelevance));
  if (state.showAll) words.set('all', 'on');
  if (!state.boxes) words.set('boxes', 'off');
  for (const name of state.hiddenClasses) words.append('hide', name);
  if (state.image !== null) words.set('image', state.image);
  const text = words.toString();
  return text ? `#${text}` : '';
}

export function parseState(hash: string): ViewState {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  const chosen: Record<string, string[]> = {};
  const ranges: Record<string, NumberRange> = {};
  for (const entry of words.getAll('f')) {
    const [, bounded, sign, bound] = /^([^=]+)([<>])=(.+)$/s.exec(entry) ?? [];
    if (bounded && Number.isFinite(Number(bound))) {
      const end = sign === '>' ? 'from' : 'to';
      ranges[bounded] = { ...(ranges[bounded] ?? anyNumber), [end]: Number(bound) };
      continue;
    }
    const place = entry.indexOf('=');
    if (place > 0) (chosen[entry.slice(0, place)] ??= []).push(entry.slice(place + 1));
  }
  const k = Number(words.get('k'));
  const min = Number(words.get('min'));
  const box = (words.get('box') ?? '').split(',').map(Number);
  const isBox = box.length === 4 && box.every(Number.isFinite);
  return {
    text: words.get('q') ?? '',
    file: null,
    similarTo: words.get('similar'),
    region: isBox ? (box as BoxXyxyPx) : null,
    chosen,
    ranges,
    k: Number.isInteger(k) && k >= 1 && k <= 1000 ? k : defaultState.k,
    minRelevance: min > 0 && min <= 1 ? min : 0,
    showAll: words.get('all') === 'on',
    boxes: words.get('boxes') !== 'off',
    hiddenClasses: words.getAll('hide'),
    image: words.get('image'),
  };
}

/** Values of one facet are alternatives; objects must all be in the image. */
export function filterOf({ chosen, ranges }: Pick<ViewState, 'chosen' | 'ranges'>): Filter {
  const named = Object.entries(chosen).flatMap(([field, values]): Filter => {
    if (field === 'class') return values.map((value) => ({ field, op: '=', values: [value] }));
    if (values.length === 0) return [];
    return [{ field, op: values.length > 1 ? 'in' : '=', values }];
  });
  const bounded = Object.entries(ranges).flatMap(([field, { from, to }]): Filter => [
    ...(from === null ? [] : [{ field, op: '>=' as const, values: [from] }]),
    ...(to === null ? [] : [{ field, op: '<=' as const, values: [to] }]),
  ]);
  return [...named, ...bounded];
}

/** How many choices narrow the images; both ends of a range are one. */
export function filterCount({ chosen, ranges }: Pick<ViewState, 'chosen' | 'ranges'>): number {
  return Object.values(chosen).flat().length + Object.keys(ranges).length;
}

export function isListing({ text, similarTo, file }: ViewState): boolean {
  return text === '' && similarTo === null && file === null;
}

/** Whether two states ask for the same images. */
export function sameSearch(a: ViewState, b: ViewState): boolean {
  const search = (state: ViewState) =>
    formatState({ ...state, boxes: true, hiddenClasses: [], image: null });
  return a.file === b.file && search(a) === search(b);
}

/** With that value chosen, or no longer chosen. */
export function toggled(chosen: Record<string, string[]>, field: string, value: string) {
  const values = chosen[field] ?? [];
  const others = values.filter((other) => other !== value);
  const next = others.length < values.length ? others : [...values, value];
  const { [field]: _, ...rest } = chosen;
  return next.length > 0 ? { ...rest, [field]: next } : rest;
}

/** With that range, which replaces single numbers chosen by a link; without one where it is open. */
export function withRange(
  { chosen, ranges }: Pick<ViewState, 'chosen' | 'ranges'>,
  field: string,
  range: NumberRange,
): Pick<ViewState, 'chosen' | 'ranges'> {
  const { [field]: _, ...otherChosen } = chosen;
  const { [field]: __, ...otherRanges } = ranges;
  const isOpen = range.from === null && range.to === null;
  return { chosen: otherChosen, ranges: isOpen ? otherRanges : { ...otherRanges, [field]: range } };
}

/** The numbers of a facet that are let through; a link may also name a single one. */
export function rangeOf({ chosen, ranges }: Pick<ViewState, 'chosen' | 'ranges'>, field: string) {
  const only = chosen[field]?.length === 1 ? Number(chosen[field][0]) : NaN;
  return ranges[field] ?? (Number.isFinite(only) ? { from: only, to: only } : anyNumber);
}
