import { SightlineError } from '../bundle/errors.js';
import { decodeImage } from '../encoder/decode_image.js';
import type { BundleSession } from './bundle_session.js';
import type { CoreHits } from './core_types.js';
import { matchingImages } from './filters.js';
import { toImageInfo } from './image_infos.js';
import type { EmbeddedText } from './text_queries.js';
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
  relevance: number | null;
  view: Hit['view'];
}

/** The hits of one bundle, and whether the query fits its images at all. */
interface Answer {
  hits: Found[];
  found: boolean;
}
type BundleSearch = (bundle: number) => Promise<Answer>;

/** What stands in for a text until its own answer is there. */
type Standing = Pick<SearchResult, 'standIn' | 'needsEncoder'>;
const ownAnswer: Standing = { standIn: null, needsEncoder: false };

const partialPauseMs = 40;
// An encoder that is loaded answers before this; only a longer wait is worth another text's images.
const standInPauseMs = 200;
const typingPauseMs = 800;
const viewKinds = ['whole', 'tile', 'crop'] as const;

/**
 * Embeds the query, searches every bundle, merges the hits and fills in their records. While a text
 * waits for its encoder, the hits of the nearest banked phrase are partial results, marked as such.
 */
export async function runSearch(
  sessions: BundleSession[],
  parts: SearchParts,
  signal: AbortSignal,
  onPartial: (result: SearchResult) => void,
): Promise<SearchResult> {
  const startedAt = performance.now();
  const { query, options } = parts;
  const { k = 20 } = options;
  if (!Number.isInteger(k) || k < 1) {
    throw new SightlineError('invalid_argument', `k is ${k}, expected a whole number from 1`);
  }
  const answer = (searches: BundleSearch[], standing: Standing, whileCurrent = signal) =>
    searchAll(sessions, options, searches, standing, startedAt, whileCurrent, onPartial);
  const { text } = query;
  if (text === undefined) {
    const prepare = (session: BundleSession) =>
      prepareSearch(sessions, session, query, options, signal);
    return answer(await Promise.all(sessions.map(prepare)), ownAnswer);
  }

  const search = (session: BundleSession, embedded: EmbeddedText): BundleSearch =>
    textSearch(session, embedded, options);
  const known = await Promise.all(sessions.map(({ texts }) => texts.known(text)));
  if (known.every((embedded) => embedded !== null)) {
    return answer(
      sessions.map((session, i) => search(session, known[i]!)),
      ownAnswer,
    );
  }
  const standIn = async (): Promise<[BundleSearch[], string] | null> => {
    const near = await Promise.all(sessions.map(({ texts }, i) => known[i] ?? texts.standIn(text)));
    const phrase = near.find((embedded) => embedded?.standIn)?.standIn;
    if (!phrase || near.includes(null)) return null;
    return [sessions.map((session, i) => search(session, near[i]!)), phrase];
  };
  if (options.encoder === 'none' || !sessions.some(({ texts }) => texts.hasEncoder)) {
    const [searches, phrase] = (await standIn()) ?? [null, null];
    if (searches) return answer(searches, { standIn: phrase, needsEncoder: true });
    if (options.encoder === 'none') return answer([], { standIn: null, needsEncoder: true });
  }

  const waiting = new AbortController();
  const showStandIn = async () => {
    await new Promise((resolve) => setTimeout(resolve, standInPauseMs));
    if (waiting.signal.aborted) return;
    const [searches, phrase] = (await standIn()) ?? [null, null];
    if (!searches || waiting.signal.aborted) return;
    const standing = { standIn: phrase, needsEncoder: true };
    const result = await answer(searches, standing, waiting.signal);
    if (!waiting.signal.aborted) onPartial({ ...result, complete: false });
  };
  signal.addEventListener('abort', () => waiting.abort(), { once: true });
  // What stands in may fail: the text's own answer tells what is wrong.
  showStandIn().catch(() => undefined);
  try {
    if (options.settled === false && sessions.some(({ texts }) => !texts.isWarm)) {
      await new Promise((resolve) => setTimeout(resolve, typingPauseMs));
      signal.throwIfAborted();
    }
    const encoded = await Promise.all(sessions.map(({ texts }) => texts.encoded(text, signal)));
    waiting.abort();
    return await answer(
      sessions.map((session, i) => search(session, encoded[i]!)),
      ownAnswer,
    );
  } finally {
    waiting.abort();
  }
}

async function searchAll(
  sessions: BundleSession[],
  options: SearchOptions,
  searches: BundleSearch[],
  standing: Standing,
  startedAt: number,
  signal: AbortSignal,
  onPartial: (result: SearchResult) => void,
): Promise<SearchResult> {
  const { k = 20, filter = [], minSimilarity = 0, minRelevance = 0, showAll = false } = options;
  const embeddedAt = performance.now();
  await Promise.all(sessions.map(({ ready }) => ready));
  signal.throwIfAborted();
  const readyAt = performance.now();
  const answers = await Promise.all(searches.map((search, bundle) => search(bundle)));
  const found = answers.some((answer) => answer.found);
  const hitsOf = found || showAll ? answers.flatMap(({ hits }) => hits) : [];
  // A stable sort: within a bundle the core's order stands.
  hitsOf.sort((a, b) => (b.similarity ?? 0) - (a.similarity ?? 0));
  const isWanted = ({ similarity, relevance }: Found) =>
    (similarity ?? 1) >= minSimilarity && (relevance ?? similarity ?? 1) >= minRelevance;
  const kept = hitsOf.filter(isWanted).slice(0, k);
  const searchedAt = performance.now();
  const eligible = await Promise.all(sessions.map((session) => countEligible(session, filter)));

  const result = (hits: Hit[], complete: boolean): SearchResult => ({
    ...standing,
    hits,
    complete,
    found,
    eligibleCount: eligible.reduce((sum, count) => sum + count, 0),
    timings: {
      encodeMs: embeddedAt - startedAt,
      searchMs: searchedAt - readyAt,
      totalMs: performance.now() - startedAt,
    },
  });
  const hits = await fillRecords(sessions, kept, signal, (first) =>
    onPartial(result(first, false)),
  );
  return result(hits, true);
}

function textSearch(
  session: BundleSession,
  { embeddings, familiarity }: EmbeddedText,
  options: SearchOptions,
): BundleSearch {
  return async (bundle) =>
    toAnswer(await session.search(embeddings, 'text', options, null, familiarity), bundle);
}

async function countEligible(
  session: BundleSession,
  filter: NonNullable<SearchOptions['filter']>,
): Promise<number> {
  if (filter.length === 0) return session.root.imageCount;
  return matchingImages(filter, await session.columns(), session.root.imageCount).length;
}

/** Everything up to the embedding of what is no text; the returned function does the search. */
async function prepareSearch(
  sessions: BundleSession[],
  session: BundleSession,
  query: Query,
  options: SearchOptions,
  signal: AbortSignal,
): Promise<BundleSearch> {
  const search =
    (embeddings: Float32Array, kind: 'text' | 'image', excluded: number | null = null) =>
    async (bundle: number) =>
      toAnswer(await session.search(embeddings, kind, options, excluded), bundle);
  if (query.vector) {
    // Of a vector nobody knows the words: whether it fits is left to the caller.
    const ask = search(query.vector, 'text');
    return async (bundle) => ({ ...(await ask(bundle)), found: true });
  }
  if (query.image) {
    const pixels = await decodeImage(query.image);
    return search(await session.encoders.encodeImage(pixels, query.boxXyxyPx, signal), 'image');
  }
  if (query.imageId !== undefined) {
    const { embedding, owner, image } = await embeddingOf(sessions, query.imageId);
    return search(embedding, 'image', owner === session ? image : null);
  }
  return async (bundle) => ({ hits: await list(session, options, bundle), found: true });
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
  const images = matchingImages(filter, await session.columns(), session.root.imageCount);
  const count = Math.min(k, images.length);
  return Array.from({ length: count }, (_, index) => ({
    bundle,
    image: images[Math.floor((index * images.length) / count)]!,
    similarity: null,
    relevance: null,
    view: { kind: 'whole', boxXyxyPx: [] as unknown as BoxXyxyPx },
  }));
}

function toAnswer(hits: CoreHits, bundle: number): Answer {
  const found = Array.from(hits.images, (image, index): Found => ({
    bundle,
    image,
    similarity: hits.similarities[index]!,
    relevance: hits.relevances[index] ?? null,
    view: {
      kind: viewKinds[hits.viewKinds[index]!] ?? 'whole',
      boxXyxyPx: [...hits.boxesXyxyPx.subarray(index * 4, index * 4 + 4)] as BoxXyxyPx,
    },
  }));
  return { hits: found, found: hits.found };
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
    found.map(async ({ bundle, image, similarity, relevance, view }, index) => {
      const session = sessions[bundle]!;
      const record = await session.records.record(image);
      const info = toImageInfo(record, session, bundle);
      const whole: BoxXyxyPx = [0, 0, info.widthPx, info.heightPx];
      const shown = view.boxXyxyPx.length === 4 ? view : { ...view, boxXyxyPx: whole };
      hits[index] = { ...info, similarity, relevance, view: shown };
      report();
    }),
  );
  signal.throwIfAborted();
  return hits as Hit[];
}
