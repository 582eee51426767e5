import { SightlineError } from '../bundle/errors.js';
import { delay } from '../bundle/limiter.js';
import { decodeImage } from '../encoder/decode_image.js';
import type { BundleSession } from './bundle_session.js';
import type { CoreHits } from '../core/core_types.js';
import { showFirstImages } from './first_images.js';
import { fillRecords, seenAtOnce, toAnswer } from './found_images.js';
import type { Answer, Found } from './found_images.js';
import { listImages } from './listed_images.js';
import type { EmbeddedText } from './text_queries.js';
import type { Hit, Query, SearchOptions, SearchResult } from '../core/types.js';

export interface SearchParts {
  query: Query;
  options: SearchOptions;
}

/** onFirst hears of what a paged bundle knows before its answer has settled. */
type BundleSearch = (bundle: number, onFirst: (first: Answer) => void) => Promise<Answer>;

/** What stands in for a text until its own answer is there. */
type Standing = Pick<SearchResult, 'standIn' | 'needsEncoder'>;
const ownAnswer: Standing = { standIn: null, needsEncoder: false };

interface Asked {
  sessions: BundleSession[];
  options: SearchOptions;
  startedAt: number;
  /** False where images are only listed. */
  needsIndex: boolean;
}

// An encoder that is loaded answers before this; only a longer wait is worth another text's images.
const standInPauseMs = 200;
const typingPauseMs = 800;
const mostPatienceMs = 3000;

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
  const { text } = query;
  const isListing =
    text === undefined && query.imageId === undefined && !query.vector && !query.image;
  const asked: Asked = { sessions, options, startedAt, needsIndex: !isListing };
  const answer = (searches: BundleSearch[], standing: Standing, whileCurrent = signal) =>
    searchAll(asked, searches, standing, whileCurrent, onPartial);
  if (text === undefined) {
    const prepare = (session: BundleSession) =>
      prepareSearch(sessions, session, query, options, signal);
    return answer(await Promise.all(sessions.map(prepare)), ownAnswer);
  }

  const search = (session: BundleSession, embedded: EmbeddedText): BundleSearch =>
    textSearch(session, embedded, options);
  const firstImages = (phrase: string, standing: Standing, whileCurrent = signal) =>
    showFirstImages(sessions, phrase, { options, startedAt, standing }, whileCurrent, onPartial);
  const first = firstImages(text, ownAnswer);
  const known = await Promise.all(sessions.map(({ texts }) => texts.known(text)));
  if (known.every((embedded) => embedded !== null)) {
    // The index gives way to the images that can be shown without it, but not for long: a host that
    // stalls over one of them must not hold the answer back.
    if (await first) {
      const ready = Promise.all(sessions.map((session) => session.ready));
      await Promise.race([ready, delay(mostPatienceMs, signal)]);
    }
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
    await firstImages(phrase!, standing, waiting.signal);
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
  { sessions, options, startedAt, needsIndex }: Asked,
  searches: BundleSearch[],
  standing: Standing,
  signal: AbortSignal,
  onPartial: (result: SearchResult) => void,
): Promise<SearchResult> {
  const { k = 20, filter = [], minSimilarity = 0, minRelevance = 0, showAll = false } = options;
  const embeddedAt = performance.now();
  if (needsIndex) await Promise.all(sessions.map(({ readyAtOnce }) => readyAtOnce));
  signal.throwIfAborted();
  const readyAt = performance.now();
  const result = (hits: Hit[], found: boolean, complete: boolean): SearchResult => ({
    ...standing,
    hits,
    complete,
    found,
    eligibleCount,
    timings: {
      encodeMs: embeddedAt - startedAt,
      searchMs: searchedAt - readyAt,
      totalMs: performance.now() - startedAt,
    },
  });
  const chooseHits = (answers: Answer[]): [Found[], boolean] => {
    const found = answers.some((answer) => answer.found);
    const hits = found || showAll ? answers.flatMap((answer) => answer.hits) : [];
    // A stable sort: within a bundle the core's order stands.
    hits.sort((a, b) => (b.similarity ?? 0) - (a.similarity ?? 0));
    const isWanted = ({ similarity, relevance }: Found) =>
      (similarity ?? 1) >= minSimilarity && (relevance ?? similarity ?? 1) >= minRelevance;
    return [hits.filter(isWanted).slice(0, k), found];
  };
  let eligibleCount = sessions.reduce((sum, { root }) => sum + root.imageCount, 0);
  let searchedAt = readyAt;
  let isSettled = false;
  // What a paged bundle knows first; several bundles are merged once all have settled.
  const showFirst = async (first: Answer): Promise<void> => {
    if (sessions.length > 1) return;
    const [chosen, found] = chooseHits([first]);
    const hits = await fillRecords(sessions, chosen, signal, () => undefined);
    if (!isSettled) onPartial(result(hits, found, false));
  };
  const onFirst = (first: Answer) => void showFirst(first).catch(() => undefined);
  const answers = await Promise.all(searches.map((search, bundle) => search(bundle, onFirst)));
  const [kept, found] = chooseHits(answers);
  searchedAt = performance.now();
  const eligible = await Promise.all(sessions.map((session) => countEligible(session, filter)));
  eligibleCount = eligible.reduce((sum, count) => sum + count, 0);
  const more = (first: Hit[]) => onPartial(result(first, found, false));
  const patientFrom = needsIndex ? Infinity : seenAtOnce;
  const hits = await fillRecords(sessions, kept, signal, more, patientFrom);
  isSettled = true;
  return result(hits, found, true);
}

function textSearch(
  session: BundleSession,
  { embeddings, familiarity }: EmbeddedText,
  options: SearchOptions,
): BundleSearch {
  return async (bundle, onFirst) => {
    const first = (hits: CoreHits) => onFirst(toAnswer(hits, bundle));
    const how = { excludedImage: null, familiarity };
    return toAnswer(await session.search(embeddings, 'text', options, how, first), bundle);
  };
}

async function countEligible(
  session: BundleSession,
  filter: NonNullable<SearchOptions['filter']>,
): Promise<number> {
  if (filter.length === 0) return session.root.imageCount;
  return session.countEligible(filter);
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
    async (bundle: number, onFirst: (first: Answer) => void) => {
      const first = (hits: CoreHits) => onFirst(toAnswer(hits, bundle));
      const how = { excludedImage: excluded, familiarity: 1 };
      return toAnswer(await session.search(embeddings, kind, options, how, first), bundle);
    };
  if (query.vector) {
    // Of a vector nobody knows the words: whether it fits is left to the caller.
    const ask = search(query.vector, 'text');
    return async (bundle, onFirst) => ({ ...(await ask(bundle, onFirst)), found: true });
  }
  if (query.image) {
    const pixels = await decodeImage(query.image);
    return search(await session.encoders.encodeImage(pixels, query.boxXyxyPx, signal), 'image');
  }
  if (query.imageId !== undefined) {
    const { embedding, owner, image } = await embeddingOf(sessions, query.imageId);
    return search(embedding, 'image', owner === session ? image : null);
  }
  return async (bundle) => ({ hits: await listImages(session, options, bundle), found: true });
}

async function embeddingOf(sessions: BundleSession[], imageId: string) {
  for (const owner of sessions) {
    const image = await owner.findImage(imageId);
    if (image !== null) return { owner, image, embedding: await owner.imageEmbedding(image) };
  }
  throw new SightlineError('not_found', `there is no image '${imageId}' in this bundle`);
}
