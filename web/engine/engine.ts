import { SightlineError } from '../bundle/errors.js';
import { HttpSource } from '../bundle/http_source.js';
import type { Source } from '../bundle/source.js';
import { decodeImage } from '../encoder/decode_image.js';
import { forgetAsset, ortWasmUrl } from '../core/asset_files.js';
import { BundleSession } from './bundle_session.js';
import type { SessionOptions } from './bundle_session.js';
import { fetchChecked } from '../core/checked_objects.js';
import { BundleDownload } from './download.js';
import type { EarlyFiles } from '../core/early_files.js';
import { countFacets, summedFacets } from './filters.js';
import { toImageInfo } from './image_infos.js';
import { loadCore } from '../core/load_core.js';
import type { OnLoading } from '../core/loading.js';
import type { Core } from '../core/core_types.js';
import { runSearch } from './run_search.js';
import type { SearchParts } from './run_search.js';
import { sequenceAround } from './sequence.js';
import type {
  BundleInfo,
  DownloadState,
  Facet,
  Filter,
  ImageInfo,
  Query,
  SearchResult,
  Stats,
  Thumbnail,
} from '../core/types.js';

/** The engine proper: everything the worker does, free of messages. */
export class Engine {
  private core: Core | null = null;
  private sessions: BundleSession[] = [];

  constructor(
    private readonly onLoading: OnLoading,
    private readonly early: EarlyFiles,
  ) {}

  /** Resolves when titles, examples and facets' names are known; the index loads meanwhile. */
  async open(
    sources: Source[] | Promise<Source>[],
    options: SessionOptions,
  ): Promise<BundleInfo[]> {
    const starting = loadCore(this.early);
    const opening = sources.map(async (source) =>
      BundleSession.open(starting, await source, this.onLoading, options),
    );
    [this.core, this.sessions] = await Promise.all([starting, Promise.all(opening)]);
    return this.sessions.map((session) => session.info());
  }

  async ready(): Promise<void> {
    await Promise.all(this.sessions.map((session) => session.ready));
  }

  search(
    parts: SearchParts,
    signal: AbortSignal,
    onPartial: (result: SearchResult) => void,
  ): Promise<SearchResult> {
    return runSearch(this.sessions, parts, signal, onPartial);
  }

  /** By the model of the first bundle. */
  async embed(query: Query, signal: AbortSignal): Promise<Float32Array> {
    const { encoders } = this.session(0);
    if (query.image) {
      return encoders.encodeImage(await decodeImage(query.image), query.boxXyxyPx, signal);
    }
    return encoders.encodeText(query.text ?? '', signal);
  }

  async facets(filter: Filter): Promise<Facet[]> {
    const all = await Promise.all(
      this.sessions.map(async (session) => {
        const summary = session.summaryUnder(filter);
        return summary
          ? summedFacets(summary, session.root)
          : countFacets(filter, await session.columns(), session.root);
      }),
    );
    return mergeFacets(all.flat());
  }

  get(imageIds: string[]): Promise<(ImageInfo | null)[]> {
    return Promise.all(
      imageIds.map(async (imageId) => {
        for (const [bundle, session] of this.sessions.entries()) {
          const image = await session.findImage(imageId);
          if (image === null) continue;
          return toImageInfo(await session.records.record(image), session, bundle);
        }
        return null;
      }),
    );
  }

  async sequence(imageId: string, before: number, after: number): Promise<ImageInfo[]> {
    for (const [bundle, session] of this.sessions.entries()) {
      const image = await session.findImage(imageId);
      if (image === null) continue;
      // Most images of large collections are in no sequence, and their columns are large.
      const { sequence } = await session.records.record(image);
      const images = sequence
        ? sequenceAround(session.root, await session.columns(), image, before, after)
        : [image];
      const records = await Promise.all(images.map((other) => session.records.record(other)));
      return records.map((record) => toImageInfo(record, session, bundle));
    }
    return [];
  }

  /** The WebP file of a thumbnail. */
  async thumbnail({ bundle, object, offset, bytes }: Thumbnail, signal: AbortSignal) {
    const { core, source } = this.session(bundle);
    const raw = await fetchChecked(source, object, (stored) => core.unpackObject(object, stored), {
      signal,
    });
    if (offset + bytes > raw.byteLength) {
      throw new SightlineError('corrupt', `${object.name}: shorter than its records say`);
    }
    return raw.slice(offset, offset + bytes);
  }

  /** Banked phrases that complete a text, of all bundles. */
  async suggest(text: string, count: number): Promise<string[]> {
    const lists = await Promise.all(this.sessions.map(({ bank }) => bank.suggest(text, count)));
    return [...new Set(lists.flat())].slice(0, count);
  }

  async warm(encoder: 'text' | 'vision'): Promise<void> {
    await Promise.all(
      this.sessions.map(async ({ encoders, texts }) => {
        if (encoder === 'text') await texts.warm();
        else await encoders.warmVision();
      }),
    );
  }

  async downloadState(): Promise<DownloadState> {
    await this.ready();
    return BundleDownload.state(this.sessions);
  }

  async download(signal: AbortSignal): Promise<DownloadState> {
    await this.ready();
    return new BundleDownload(this.sessions, this.onLoading).run(signal);
  }

  async forget(): Promise<void> {
    await Promise.all(this.sessions.map(({ source }) => source.forget?.()));
    await forgetAsset(ortWasmUrl());
  }

  stats(): Stats {
    const stats: Stats = {
      simd: this.core?.simdLevel() ?? '',
      imageCount: 0,
      requests: 0,
      bytesByKind: {},
    };
    for (const { root, source } of this.sessions) {
      stats.imageCount += root.imageCount;
      if (!(source instanceof HttpSource)) continue;
      stats.requests += source.traffic.requests;
      for (const [kind, bytes] of Object.entries(source.traffic.bytes)) {
        stats.bytesByKind[kind] = (stats.bytesByKind[kind] ?? 0) + bytes;
      }
    }
    return stats;
  }

  close(): void {
    for (const session of this.sessions) session.close();
    this.sessions = [];
  }

  private session(bundle: number): BundleSession {
    const session = this.sessions[bundle];
    if (!session) throw new SightlineError('not_found', `bundle ${bundle} is not open`);
    return session;
  }
}

/** Facets of several bundles as one list, values of the same name added up. */
function mergeFacets(facets: Facet[]): Facet[] {
  const merged = new Map<string, Facet>();
  for (const facet of facets) {
    const known = merged.get(facet.field);
    if (!known) merged.set(facet.field, facet);
    else if (known.type === 'number' && facet.type === 'number') {
      known.min = Math.min(known.min, facet.min);
      known.max = Math.max(known.max, facet.max);
    } else if (known.type !== 'number' && facet.type !== 'number') {
      for (const { value, count } of facet.values) {
        const same = known.values.find((other) => other.value === value);
        if (same) same.count += count;
        else known.values.push({ value, count });
      }
    }
  }
  return [...merged.values()];
}
