import { columnType } from '../core/core_types.js';
import type { Column, Root } from '../core/core_types.js';
import { matchingImages } from './filters.js';

const groupFields = new Set(['dataset', 'sequence', 'camera']);

/** The images of the same dataset, sequence and camera around one of them, in order of
 * time; only itself where it belongs to no sequence. */
export function sequenceAround(
  bundle: Pick<Root, 'imageCount' | 'removed'>,
  columns: Column[],
  image: number,
  before: number,
  after: number,
): number[] {
  const groups = columns.filter(
    ({ name, type }) => type === columnType.category && groupFields.has(name),
  );
  const sequences = groups.find(({ name }) => name === 'sequence');
  const sequence = sequences?.values[sequences.codes[image]!];
  if (!sequence) return [image];
  const times = columns.find(({ name }) => name === 'timestamp_s')?.numbers;
  const images = matchingImages([], columns, bundle).filter((other) =>
    groups.every(({ codes }) => codes[other] === codes[image]),
  );
  // Without a time, the order of the ids is the order of the files.
  if (times) images.sort((a, b) => times[a]! - times[b]! || a - b);
  const place = images.indexOf(image);
  return place < 0 ? [image] : images.slice(Math.max(0, place - before), place + after + 1);
}
