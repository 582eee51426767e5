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
  const images = session.summary
    ? await session.listQualifying(filter, k)
    : matchingImages(filter, await session.columns(), session.root.imageCount);
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
    image:
      Math.floor((Math.floor(index / perPlace) * (root.imageCount - count)) / listedPlaces) + index,
    similarity: null,
    relevance: null,
    view: { kind: 'whole', boxXyxyPx: [] as unknown as BoxXyxyPx },
  }));
}
