/** Sightline: search over the images of a static bundle, in the browser or in Node. */

import { isAbort, toSightlineError } from '../bundle/errors.js';
import type { CachePolicy } from '../bundle/http_source.js';
import type { Source } from '../bundle/source.js';
import { PendingCalls } from './calls.js';
import { canUseWorker, connectHere, connectWorker } from './connection.js';
import type { EarlyFetches } from '../core/early_files.js';
import { protocolVersion } from './protocol.js';
import type { SourceSpec } from './protocol.js';
import type {
  BoxXyxyPx,
  BundleInfo,
  DownloadState,
  Facet,
  Filter,
  ImageInfo,
  LoadingProgress,
  Query,
  RgbPixels,
  SearchOptions,
  SearchResult,
  Stats,
  TextEncoderChoice,
  Thumbnail,
} from '../core/types.js';

export { SightlineError } from '../bundle/errors.js';
export type { ErrorCode } from '../bundle/errors.js';
export { HttpSource } from '../bundle/http_source.js';
export type { CachePolicy, HttpSourceOptions } from '../bundle/http_source.js';
export type { GetOptions, Source } from '../bundle/source.js';
export type * from '../core/types.js';

export interface OpenOptions {
  signal?: AbortSignal;
  /** What is kept in the Cache API. Default "models"; "all" makes what was used work offline. */
  cache?: CachePolicy;
  /** Called while something large is loaded. */
  onLoading?: (progress: LoadingProgress) => void;
  /** What reads texts. Default "packed", where the bundle has such an encoder. */
  encoder?: TextEncoderChoice;
  /** false: nothing is fetched before it is needed, not even a small index. */
  prefetch?: boolean;
  /** false: everything on the calling thread. */
  worker?: boolean;
  /** @internal Files that the page fetches already. */
  early?: EarlyFetches;
}

/** The final result when awaited; results that grow towards it when iterated. */
export type SearchRun = Promise<SearchResult> & AsyncIterable<SearchResult>;

export type SearchQuery = Query & SearchOptions & { signal?: AbortSignal | undefined };

interface Abortable {
  signal?: AbortSignal | undefined;
}

/** An opened list of bundles. */
export class SearchEngine {
  /** Resolves when the index is loaded; searches wait for it by themselves. */
  readonly ready: Promise<void>;

  /** @internal */
  constructor(
    readonly bundles: readonly BundleInfo[],
    private readonly calls: PendingCalls,
  ) {
    this.ready = calls.call('ready', null).then(() => undefined);
    this.ready.catch(() => undefined);
  }

  /** By text, vector, image of the bundle or image file; without any of them, lists images. */
  search({ signal, text, vector, imageId, image, boxXyxyPx, ...options }: SearchQuery): SearchRun {
    const query: Query = { text, vector, imageId, image, boxXyxyPx };
    return startRun((onPartial) =>
      this.calls.call('search', { query, options }, signal, onPartial),
    );
  }

  /** Images like one of the bundle, which itself is left out. */
  similar(imageId: string, options: SearchOptions & Abortable = {}): SearchRun {
    return this.search({ ...options, imageId });
  }

  /** Images like an image file, or like a part of it. */
  searchByImage(
    image: Blob | RgbPixels,
    options: SearchOptions & Abortable & { boxXyxyPx?: BoxXyxyPx } = {},
  ): SearchRun {
    return this.search({ ...options, image });
  }

  /** The unit embedding of a text or an image file by the model of the first bundle: [dim]. */
  embed(query: Pick<Query, 'text' | 'image' | 'boxXyxyPx'>, { signal }: Abortable = {}) {
    return this.calls.call('embed', { query }, signal);
  }

  /** What images can be filtered by, with counts under the filter given. */
  facets({ filter = [], signal }: { filter?: Filter } & Abortable = {}): Promise<Facet[]> {
    return this.calls.call('facets', { filter }, signal);
  }

  /** Images by id; null for those that are in no bundle. */
  get(imageIds: string[], { signal }: Abortable = {}): Promise<(ImageInfo | null)[]> {
    return this.calls.call('get', { imageIds }, signal);
  }

  /** The images before and after one of the same sequence and camera, and itself. */
  sequence(
    imageId: string,
    { before = 6, after = 6, signal }: { before?: number; after?: number } & Abortable = {},
  ): Promise<ImageInfo[]> {
    return this.calls.call('sequence', { imageId, before, after }, signal);
  }

  /** The WebP file of a thumbnail, its hash checked. */
  async thumbnail(thumbnail: Thumbnail, { signal }: Abortable = {}): Promise<Blob> {
    const bytes = await this.calls.call('thumbnail', { thumbnail }, signal);
    return new Blob([bytes as BlobPart], { type: 'image/webp' });
  }

  /** Phrases that need no encoder and complete a text; where none does, the nearest one. */
  suggest(text: string, { count = 8, signal }: { count?: number } & Abortable = {}) {
    return this.calls.call('suggest', { text, count }, signal);
  }

  /** Loads an encoder ahead of the first query that needs it. */
  async warm(encoder: 'text' | 'vision' = 'text'): Promise<void> {
    await this.calls.call('warm', { encoder });
  }

  /** How much of the bundles is kept for a time without network. */
  downloadState(): Promise<DownloadState> {
    return this.calls.call('downloadState', null);
  }

  /** Keeps the whole bundles; continues where an earlier download stopped. */
  download({ signal }: Abortable = {}): Promise<DownloadState> {
    return this.calls.call('download', null, signal);
  }

  /** Removes everything that was kept of the bundles. */
  async forget(): Promise<void> {
    await this.calls.call('forget', null);
  }

  stats(): Promise<Stats> {
    return this.calls.call('stats', null);
  }

  close(): void {
    this.calls.close();
  }
}

/**
 * Opens one or several bundles: the address of a bundle or of a site that holds one, or a Source.
 * Fails with a SightlineError.
 */
export async function open(
  bundles: string | URL | Source | (string | URL | Source)[],
  {
    signal,
    cache = 'models',
    onLoading = () => undefined,
    encoder = 'packed',
    prefetch = true,
    worker = true,
    early = new Map(),
  }: OpenOptions = {},
): Promise<SearchEngine> {
  const list = Array.isArray(bundles) ? bundles : [bundles];
  const own: Source[] = [];
  const sources = list.map((bundle): SourceSpec => {
    if (typeof bundle === 'string' || bundle instanceof URL) {
      return { kind: 'http', url: absolute(bundle) };
    }
    return { kind: 'remote', index: own.push(bundle) - 1, name: bundle.name };
  });

  const calls = new PendingCalls(own, onLoading);
  const start = () => {
    const names = [...early.keys()];
    const args = { version: protocolVersion, sources, cache, encoder, prefetch, early: names };
    const opened = calls.call('open', args, signal);
    calls.sendEarly(early);
    return opened;
  };
  let heard = false;
  const listener = {
    onMessage: (message: Parameters<PendingCalls['receive']>[0]) => {
      heard = true;
      calls.receive(message);
    },
    onFailure: calls.fail.bind(calls),
  };
  if (worker && canUseWorker()) {
    try {
      calls.use(connectWorker(listener));
      return new SearchEngine(await start(), calls);
    } catch (error) {
      const workerIsMissing = !heard && !isAbort(error);
      calls.close();
      if (!workerIsMissing) throw isAbort(error) ? error : toSightlineError(error);
    }
  }
  calls.use(await connectHere(listener));
  try {
    return new SearchEngine(await start(), calls);
  } catch (error) {
    calls.close();
    throw error;
  }
}

function absolute(address: string | URL): string {
  return 'document' in globalThis ? new URL(address, document.baseURI).href : String(address);
}

function startRun(
  start: (onPartial: (result: SearchResult) => void) => Promise<SearchResult>,
): SearchRun {
  let latest: SearchResult | null = null;
  let wake = () => undefined as void;
  const final = start((partial) => {
    latest = partial;
    wake();
  });
  final.catch(() => undefined);
  async function* results(): AsyncGenerator<SearchResult, void> {
    let finished = false;
    const finish = () => {
      finished = true;
      wake();
    };
    final.then(finish, finish);
    while (!finished) {
      if (!latest) await new Promise<void>((resolve) => (wake = resolve));
      const partial = latest as SearchResult | null;
      latest = null;
      if (partial && !finished) yield partial;
    }
    yield await final;
  }
  return Object.assign(final, { [Symbol.asyncIterator]: results });
}
