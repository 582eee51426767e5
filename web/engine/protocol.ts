import type { CachePolicy } from '../bundle/http_source.js';
import type { ErrorCode } from '../bundle/errors.js';
import type { EarlyFile } from '../core/early_files.js';
import type {
  BundleInfo,
  DownloadState,
  Facet,
  Filter,
  ImageInfo,
  LoadingProgress,
  Query,
  SearchOptions,
  SearchResult,
  Stats,
  TextEncoderChoice,
  Thumbnail,
} from '../core/types.js';

/** Raised with every change of a message; page and worker come from one build. */
export const protocolVersion = 3;

/** By this name the engine's script knows that it is its own worker, not a part of another. */
export const workerName = 'sightline-engine';

/** A bundle at an address, or behind a Source object on the page's side. */
export type SourceSpec =
  { kind: 'http'; url: string } | { kind: 'remote'; index: number; name: string };

/** Every call of the engine: its arguments and its answer. */
export interface Calls {
  open: {
    args: {
      version: number;
      sources: SourceSpec[];
      cache: CachePolicy;
      encoder: TextEncoderChoice;
      prefetch: boolean;
      /** Addresses of files that follow in messages of their own. */
      early: string[];
    };
    result: BundleInfo[];
  };
  ready: { args: null; result: null };
  search: { args: { query: Query; options: SearchOptions }; result: SearchResult };
  embed: { args: { query: Query }; result: Float32Array };
  facets: { args: { filter: Filter }; result: Facet[] };
  get: { args: { imageIds: string[] }; result: (ImageInfo | null)[] };
  sequence: { args: { imageId: string; before: number; after: number }; result: ImageInfo[] };
  thumbnail: { args: { thumbnail: Thumbnail }; result: Uint8Array };
  suggest: { args: { text: string; count: number }; result: string[] };
  warm: { args: { encoder: 'text' | 'vision' }; result: null };
  downloadState: { args: null; result: DownloadState };
  download: { args: null; result: DownloadState };
  forget: { args: null; result: null };
  stats: { args: null; result: Stats };
}

export type CallType = keyof Calls;

/** From the page to the engine. */
export type Request =
  | { [T in CallType]: { id: number; type: T; args: Calls[T]['args'] } }[CallType]
  | { id: number; type: 'cancel' }
  | { id: 0; type: 'early'; url: string; file: EarlyFile | null; next: string[] }
  | { id: number; type: 'sourceBytes'; bytes: Uint8Array }
  | { id: number; type: 'sourceError'; error: ErrorMessage };

/** From the engine to the page; `id` is the call's, but for the last two. */
export type Response =
  | { id: number; type: 'result'; value: unknown }
  | { id: number; type: 'partial'; value: SearchResult }
  | { id: number; type: 'error'; error: ErrorMessage }
  | { id: 0; type: 'progress'; progress: LoadingProgress }
  | {
      id: number;
      type: 'sourceGet';
      index: number;
      name: string;
      expectedBytes: number | undefined;
      reload: boolean;
    };

export interface ErrorMessage {
  code: ErrorCode | 'aborted';
  message: string;
}
