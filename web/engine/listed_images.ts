import type { BundleSession } from './bundle_session.js';
import { matchingImages } from './filters.js';
import type { Found } from './found_images.js';
import type { BoxXyxyPx, SearchOptions } from './types.js';

/** A paged bundle shows images from so many places: each costs a cell. */
const listedPlaces = 4;

/** Images spread evenly over those that the filter lets through. */
export async function listImages(
  session: BundleSession,
  { k = 20, filter = [] }: SearchOptions,
  bundle: number,
): Promise<Found[]> {
  if (session.isPaged && filter.length === 0) return neighbors(session, k, bundle);
  const images = matchingImages(filter, await session.columns(), session.root);
  const count = Math.min(k, images.length);
  return Array.from({ length: count }, (_, index) => ({
    bundle,
    image: images[Math.floor((index * images.length) / count)]!,
    similarity: null,
    relevance: null,
    view: { kind: 'whole', boxXyxyPx: [] as unknown as BoxXyxyPx },
  }));
}

/** Images that lie together in a paged bundle, from few places, so that few cells are fetched. */
function neighbors({ root }: BundleSession, k: number, bundle: number): Found[] {
  const count = Math.min(k, root.imageCount);
  const perPlace = Math.ceil(count / listedPlaces);
  return Array.from({ length: count }, (_, index) => ({
    bundle,
    image: ordinalOf(
      Math.floor((Math.floor(index / perPlace) * (root.imageCount - count)) / listedPlaces) + index,
      root.removed,
    ),
    similarity: null,
    relevance: null,
    view: { kind: 'whole', boxXyxyPx: [] as unknown as BoxXyxyPx },
  }));
}

/** Of the images that are left, counted from 0. */
function ordinalOf(place: number, removed: Uint32Array): number {
  let [low, high] = [0, removed.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (removed[middle]! - middle <= place) low = middle + 1;
    else high = middle;
  }
  return place + low;
}
