import type { BundleSession } from './bundle_session.js';
import { matchingImages } from './filters.js';
import type { Found } from './found_images.js';
import type { BoxXyxyPx, Filter, SearchOptions } from '../core/types.js';

/** A paged bundle shows images from so many places: each costs a cell. */
const listedPlaces = 4;

/** An image that no query has found. */
export function listed(bundle: number, image: number): Found {
  const view = { kind: 'whole', boxXyxyPx: [] as unknown as BoxXyxyPx } as const;
  return { bundle, image, similarity: null, relevance: null, view };
}

/** Images spread evenly over those that the filter lets through. */
export async function listImages(
  session: BundleSession,
  { k = 20, filter = [] }: SearchOptions,
  bundle: number,
): Promise<Found[]> {
  if (session.isPaged && filter.length === 0) return neighbors(session, k, bundle);
  // All of them, where nothing is filtered: then no column is waited for.
  const { imageCount, removed } = session.root;
  const images = filter.length > 0 ? await qualifying(session, filter, k) : null;
  const most = images?.length ?? imageCount;
  const count = Math.min(k, most);
  return Array.from({ length: count }, (_, index) => {
    const place = Math.floor((index * most) / count);
    return listed(bundle, images?.[place] ?? ordinalOf(place, removed));
  });
}

async function qualifying(
  session: BundleSession,
  filter: Filter,
  k: number,
): Promise<ArrayLike<number>> {
  if (session.summary) return session.listQualifying(filter, k);
  return matchingImages(filter, await session.columns(), session.root);
}

/** Images that lie together in a paged bundle, from few places, so that few cells are fetched. */
function neighbors({ root }: BundleSession, k: number, bundle: number): Found[] {
  const count = Math.min(k, root.imageCount);
  const perPlace = Math.ceil(count / listedPlaces);
  return Array.from({ length: count }, (_, index) => {
    const place = Math.floor(index / perPlace);
    const from = Math.floor((place * (root.imageCount - count)) / listedPlaces);
    return listed(bundle, ordinalOf(from + index, root.removed));
  });
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
