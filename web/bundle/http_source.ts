import { SightlineError, isAbort } from './errors.js';
import { FileCache } from './file_cache.js';
import { fetchBytes } from './fetch_bytes.js';
import { Limiter, delay, rank } from './limiter.js';
import type { Rank } from './limiter.js';
import { kindOf, manifestName } from './source.js';
import type { GetOptions, Source } from './source.js';

/** Which files are kept in the Cache API beside what the browser's HTTP cache does by itself. */
export type CachePolicy = 'none' | 'models' | 'all';

export interface HttpSourceOptions {
  cache?: CachePolicy;
  /** Requests at the same time. */
  parallel?: number;
  attempts?: number;
  fetch?: typeof fetch;
  /** Files that are on their way already, by address; null where that failed. Each is asked once. */
  early?: (url: string) => Promise<Uint8Array | null> | undefined;
}

export interface Traffic {
  requests: number;
  /** Bytes received over the network, by kind of object. */
  bytes: Record<string, number>;
}

const firstPauseMs = 200;
const longestPauseMs = 5000;
const modelKinds = new Set(['model', 'tokenizer', 'layer', 'tokens']);
const bulkKinds = new Set(['model', 'layer']);
const thumbnailKinds = new Set(['webp', 'thumbs']);

function rankOf(name: string, isLater: boolean): Rank {
  const kind = kindOf(name);
  if (isLater) return kind === 'records' ? rank.shown : rank.bulk;
  if (bulkKinds.has(kind)) return rank.bulk;
  return thumbnailKinds.has(kind) ? rank.shown : rank.first;
}

/** A bundle on any static host, without Range, CORS credentials or special headers. */
export class HttpSource implements Source {
  readonly name: string;
  readonly traffic: Traffic = { requests: 0, bytes: {} };
  private readonly base: string;
  private readonly policy: CachePolicy;
  private readonly attempts: number;
  private readonly limiter: Limiter;
  private readonly fetch: typeof fetch;
  private readonly early: NonNullable<HttpSourceOptions['early']>;
  private readonly files = new FileCache();

  constructor(bundleUrl: string, options: HttpSourceOptions = {}) {
    this.base = bundleUrl.endsWith('/') ? bundleUrl : `${bundleUrl}/`;
    this.name = this.base;
    this.policy = options.cache ?? 'models';
    this.attempts = options.attempts ?? 3;
    this.limiter = new Limiter(options.parallel ?? 6);
    this.early = options.early ?? (() => undefined);
    this.fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  }

  urlOf(name: string): string {
    return new URL(name, this.base).href;
  }

  async get(name: string, options: GetOptions = {}): Promise<Uint8Array> {
    const { signal, expectedBytes, reload, later } = options;
    signal?.throwIfAborted();
    const isManifest = name === manifestName;
    const early = reload ? null : await this.early(this.urlOf(name));
    if (early) return this.received(name, early);
    // Also what the policy would not keep: a download may have.
    if (this.policy !== 'none' && !isManifest && !reload) {
      const kept = await this.files.read(this.urlOf(name), signal);
      if (kept && (expectedBytes === undefined || kept.byteLength === expectedBytes)) {
        options.onBytes?.(kept.byteLength);
        return kept;
      }
    }
    // Originals are fetched by the page's images, past the limiter: the browser puts them in order.
    let priority: RequestPriority = later ? 'low' : 'auto';
    void later?.then(() => (priority = 'auto'));
    try {
      const bytes = await this.limiter.run(() => this.download(name, options, priority), {
        signal,
        later,
        rank: rankOf(name, later !== undefined),
      });
      return this.received(name, bytes);
    } catch (error) {
      const kept = isManifest && !isAbort(error) ? await this.files.read(this.urlOf(name)) : null;
      if (kept) return kept;
      throw error;
    }
  }

  async keep(name: string, bytes: Uint8Array): Promise<void> {
    if (this.policy !== 'none') await this.files.write(this.urlOf(name), bytes);
  }

  async keptNames(): Promise<Set<string>> {
    const urls = await this.files.urls(this.base);
    return new Set(urls.map((url) => url.slice(this.base.length)));
  }

  async forget(): Promise<void> {
    await this.files.remove(await this.files.urls(this.base));
  }

  private received(name: string, bytes: Uint8Array): Uint8Array {
    const kind = kindOf(name);
    this.traffic.bytes[kind] = (this.traffic.bytes[kind] ?? 0) + bytes.byteLength;
    const keeps = this.keeps(name) && name !== manifestName;
    if (keeps) void this.files.write(this.urlOf(name), bytes);
    return bytes;
  }

  private keeps(name: string): boolean {
    return this.policy === 'all' || (this.policy === 'models' && modelKinds.has(kindOf(name)));
  }

  private async download(
    name: string,
    options: GetOptions,
    priority: RequestPriority,
  ): Promise<Uint8Array> {
    const cache: RequestCache =
      name === manifestName ? 'no-cache' : options.reload ? 'reload' : 'default';
    for (let attempt = 1; ; ++attempt) {
      this.traffic.requests += 1;
      const result = await fetchBytes(this.fetch, this.urlOf(name), {
        ...options,
        priority,
        cache: attempt > 1 && name !== manifestName ? 'reload' : cache,
      });
      if ('bytes' in result) return result.bytes;
      if (!result.mayRecover || attempt >= this.attempts) {
        throw new SightlineError(result.code, `${name}: ${result.problem}`);
      }
      const pause = firstPauseMs * 4 ** (attempt - 1) * (0.75 + Math.random() / 2);
      await delay(Math.min(result.retryAfterMs ?? pause, longestPauseMs), options.signal);
    }
  }
}
