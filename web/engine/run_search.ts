import { SightlineError } from '../bundle/errors.js';
import { decodeImage } from '../encoder/decode_image.js';
import type { BundleSession } from './bundle_session.js';
import type { CoreHits } from './core_types.js';
import { matchingImages } from './filters.js';
import { toImageInfo } from './image_infos.js';
import type { BoxXyxyPx, Hit, Query, SearchOptions, SearchResult } from './types.js';

export interface SearchParts {
  query: Query;
  options: SearchOptions;
}

/** A hit whose record is not there yet. */
interface Found {
  bundle: number;
  image: number;
  similarity: number | null;
  view: Hit['view'];
}

const partialPauseMs = 40;
const listedPlaces = 4;
const viewKinds = ['whole', 'tile', 'crop'] as const;

/** Embeds the query, searches every bundle, merges the hits and fills in their records. */
export async function runSearch(
  sessions: BundleSession[],
  { query, options }: SearchParts,
  signal: AbortSignal,
  onPartial: (result: SearchResult) => void,
): Promise<SearchResult> {
  const startedAt = performance.now();
  const { k = 20, filter = [], minSimilarity = 0 } = options;
  if (!Number.isInteger(k) || k < 1) {
    throw new SightlineError('invalid_argument', `k is ${k}, expected a whole number from 1`);
  }
  let [embeddedAt, readyAt, searchedAt] = [startedAt, startedAt, startedAt];
  let eligible: number[] = sessions.map(({ root }) => root.imageCount);
  const result = (hits: Hit[], complete: boolean): SearchResult => ({
    hits,
    complete,
    eligibleCount: eligible.reduce((sum, count) => sum + count, 0),
    timings: {
      encodeMs: embeddedAt - startedAt,
      searchMs: searchedAt - readyAt,
      totalMs: performance.now() - startedAt,
    },
  });
  let isSettled = false;
  // What a paged bundle knows first; several bundles are merged once all have settled.
  const showFirst = async (found: Found[]): Promise<void> => {
    if (sessions.length > 1) return;
    const hits = await fillRecords(sessions, found.slice(0, k), signal, () => undefined);
    if (!isSettled) onPartial(result(hits, false));
  };
  const searches = await Promise.all(
    sessions.map((session) => prepare(sessions, session, query, options, signal, showFirst)),
  );
  embeddedAt = performance.now();
  await Promise.all(sessions.map(({ ready }) => ready));
  signal.throwIfAborted();
  readyAt = performance.now();
  const found = (await Promise.all(searches.map((search, bundle) => search(bundle)))).flat();
  // A stable sort: within a bundle the core's order stands.
  found.sort((a, b) => (b.similarity ?? 0) - (a.similarity ?? 0));
  const kept = found.filter(({ similarity }) => (similarity ?? 1) >= minSimilarity).slice(0, k);
  searchedAt = performance.now();
  eligible = await Promise.all(sessions.map((session) => countEligible(session, filter)));

  const hits = await fillRecords(sessions, kept, signal, (first) =>
    onPartial(result(first, false)),
  );
  isSettled = true;
  return result(hits, true);
}
async function countEligible(
  session: BundleSession,
  filter: NonNullable<SearchOptions['filter']>,
): Promise<number> {
  if (filter.length === 0) return session.root.imageCount;
  return matchingImages(filter, await session.columns(), session.root.imageCount).length;
}

/** Everything up to the embedding; the returned function does the search. */
async function prepare(
  sessions: BundleSession[],
  session: BundleSession,
  query: Query,
  options: SearchOptions,
  signal: AbortSignal,
  onFirst: (found: Found[]) => Promise<void>,
): Promise<(bundle: number) => Promise<Found[]>> {
  const search =
    (embeddings: Float32Array, kind: 'text' | 'image', excluded: number | null = null) =>
    async (bundle: number) => {
      const showFirst = (hits: CoreHits) => {
        onFirst(toFound(hits, bundle)).catch(() => undefined);
      };
      const hits = await session.search(embeddings, kind, options, excluded, signal, showFirst);
      return toFound(hits, bundle);
    };
  if (query.vector) return search(query.vector, 'text');
  if (query.text !== undefined) return search(await session.embedText(query.text, signal), 'text');
  if (query.image) {
    const pixels = await decodeImage(query.image);
    return search(await session.encoders.encodeImage(pixels, query.boxXyxyPx, signal), 'image');
  }
  if (query.imageId !== undefined) {
    const { embedding, owner, image } = await embeddingOf(sessions, query.imageId);
    return search(embedding, 'image', owner === session ? image : null);
  }
  return (bundle) => list(session, options, bundle);
}

async function embeddingOf(sessions: BundleSession[], imageId: string) {
  for (const owner of sessions) {
    const image = await owner.findImage(imageId);
    if (image !== null) return { owner, image, embedding: await owner.imageEmbedding(image) };
  }
  throw new SightlineError('not_found', `there is no image '${imageId}' in this bundle`);
}

/** Images spread evenly over those that the filter lets through. */
async function list(
  session: BundleSession,
  { k = 20, filter = [] }: SearchOptions,
  bundle: number,
): Promise<Found[]> {
  if (session.isPaged && filter.length === 0) return neighbors(session, k, bundle);
  const images = matchingImages(filter, await session.columns(), session.root.imageCount);
  const count = Math.min(k, images.length);
  return Array.from({ length: count }, (_, index) => ({
    bundle,
    image: images[Math.floor((index * images.length) / count)]!,
    similarity: null,
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
      Math.floor((Math.floor(index / perPlace) * (root.imageCount - perPlace)) / listedPlaces) +
      (index % perPlace),
    similarity: null,
    view: { kind: 'whole', boxXyxyPx: [] as unknown as BoxXyxyPx },
  }));
}

function toFound(hits: CoreHits, bundle: number): Found[] {
  return Array.from(hits.images, (image, index) => ({
    bundle,
    image,
    similarity: hits.similarities[index]!,
    view: {
      kind: viewKinds[hits.viewKinds[index]!] ?? 'whole',
      boxXyxyPx: [...hits.boxesXyxyPx.subarray(index * 4, index * 4 + 4)] as BoxXyxyPx,
    },
  }));
}

/** Reports the best hits as soon as their records are there, in order and without gaps. */
async function fillRecords(
  sessions: BundleSession[],
  found: Found[],
  signal: AbortSignal,
  onMore: (hits: Hit[]) => void,
): Promise<Hit[]> {
  const hits: (Hit | undefined)[] = found.map(() => undefined);
  let reported = 0;
  let reportedAt = performance.now();
  const report = () => {
    const gap = hits.indexOf(undefined);
    const tooSoon = performance.now() - reportedAt < partialPauseMs;
    if (gap <= reported || tooSoon || signal.aborted) return;
    reported = gap;
    reportedAt = performance.now();
    onMore(hits.slice(0, gap) as Hit[]);
  };
  await Promise.all(
    found.map(async ({ bundle, image, similarity, view }, index) => {
      const session = sessions[bundle]!;
      const record = await session.records.record(image);
      const info = toImageInfo(record, session, bundle);
      const whole: BoxXyxyPx = [0, 0, info.widthPx, info.heightPx];
      const shown = view.boxXyxyPx.length === 4 ? view : { ...view, boxXyxyPx: whole };
      hits[index] = { ...info, similarity, view: shown };
      report();
    }),
  );
  signal.throwIfAborted();
  return hits as Hit[];
}
