import type { ThumbnailRef } from './core_types.js';

/** One condition on the images; conditions of a list must all hold. */
export interface FilterClause {
  /** A facet: "dataset", "sequence", "camera", "class", "timestamp_s"; "class.car" counts cars. */
  field: string;
  op: '=' | '!=' | '>=' | '<=' | 'in';
  /** Several for `in`, one otherwise. */
  values: (string | number)[];
}

/** Clauses, or lines in the command line's language: "class in car,bus". */
export type Filter = (FilterClause | string)[];

export interface SearchOptions {
  /** Images wanted. Default 20. */
  k?: number | undefined;
  filter?: Filter | undefined;
  /** Leaves out what is less similar, [0, 1]. */
  minSimilarity?: number | undefined;
  /** Leaves out what is less relevant, [0, 1]; by similarity where there is no relevance. */
  minRelevance?: number | undefined;
  /** Gives the nearest images also where nothing fits the text. */
  showAll?: boolean | undefined;
  /** "none": no text model is loaded; texts outside the phrase bank get the nearest phrase's hits. */
  encoder?: 'auto' | 'none' | undefined;
  /**
   * False while the text is being typed: a text model that is not loaded yet is asked for only after
   * a pause, for the next letter may make it a banked phrase.
   */
  settled?: boolean | undefined;
  /** How widely the graph is searched. Default 50. */
  efSearch?: number | undefined;
  path?: 'auto' | 'hnsw' | 'exact' | undefined;
}

/** Pixels as they are, where there is no browser to decode an image file. */
export interface RgbPixels {
  widthPx: number;
  heightPx: number;
  /** [heightPx, widthPx, 3] */
  rgb: Uint8Array;
}

export type BoxXyxyPx = [x0: number, y0: number, x1: number, y1: number];

/** What to look for; with none of these, images that the filter lets through are listed. */
export interface Query {
  text?: string | undefined;
  /** Float32 of the bundle's dimension, from the bundle's own model. */
  vector?: Float32Array | undefined;
  /** An image of the bundle; it is left out of the hits. */
  imageId?: string | undefined;
  /** An image file or pixels. */
  image?: Blob | RgbPixels | undefined;
  /** The part of `image` that matters; by default its centre square. */
  boxXyxyPx?: BoxXyxyPx | undefined;
}

export interface Detection {
  classId: number;
  className: string;
  /** Of the detector, [0, 1]. */
  confidence: number;
  boxXyxyPx: BoxXyxyPx;
}

/** Where a thumbnail lies; `engine.thumbnail()` fetches it. */
export interface Thumbnail extends ThumbnailRef {
  bundle: number;
}

export interface ImageInfo {
  imageId: string;
  /** Position in the list given to `open`. */
  bundle: number;
  dataset: string;
  licence: string;
  sequence: string;
  camera: string;
  path: string;
  /** The original, where it is published. */
  mediaUrl: string | null;
  widthPx: number;
  heightPx: number;
  /** Unix time. */
  timestampS: number | null;
  latitudeDeg: number | null;
  longitudeDeg: number | null;
  thumbnail: Thumbnail | null;
  detections: Detection[];
}

export interface Hit extends ImageInfo {
  /** [0, 1], larger is nearer; null where images are only listed. */
  similarity: number | null;
  /**
   * [0, 1], similarity as this collection's calibration reads it: 0 like any image, 1 as near as
   * the best. Null for queries other than texts and for bundles without a calibration.
   */
  relevance: number | null;
  /** The part of the image that matched best. */
  view: { kind: 'whole' | 'tile' | 'crop'; boxXyxyPx: BoxXyxyPx };
}

export interface SearchResult {
  hits: Hit[];
  /** False while records of further hits are still on their way. */
  complete: boolean;
  /** False where nothing in the collection fits the text; there are no hits then. */
  found: boolean;
  /** The banked phrase whose hits these are, in place of the text's own. */
  standIn: string | null;
  /** Whether the text's own answer needs a text model that was not loaded. */
  needsEncoder: boolean;
  /** Images that the filter lets through; about so many where a paged bundle is large. */
  eligibleCount: number;
  timings: { encodeMs: number; searchMs: number; totalMs: number };
}

export interface FacetValue {
  value: string;
  /**
   * Images with that value among those that the other facets' conditions let through; of a large
   * paged bundle, among all of its images.
   */
  count: number;
}

export type Facet =
  | { field: string; type: 'category' | 'tags'; values: FacetValue[] }
  | { field: string; type: 'number'; min: number; max: number };

export interface BundleInfo {
  title: string;
  generator: string;
  imageCount: number;
  datasets: { slug: string; licence: string }[];
  classNames: string[];
  model: { id: string; licence: string; warning: string; embeddingDim: number };
  /** Queries that need no encoder. */
  examples: string[];
  /** Phrases that need no text encoder. */
  phraseCount: number;
  /** Bytes of the published encoders, 0 where one is not published. */
  encoderBytes: { text: number; vision: number };
  quality: Record<string, number>;
}

/**
 * What reads texts: the core, from the packed encoder of a bundle that has one, or always ONNX
 * Runtime.
 */
export type TextEncoderChoice = 'packed' | 'ort';

/** What bytes are being loaded for. */
export type LoadingPart = 'index' | 'runtime' | 'text_model' | 'vision_model' | 'download';

export interface LoadingProgress {
  part: LoadingPart;
  loadedBytes: number;
  /** 0 where it is not known yet. */
  totalBytes: number;
  done: boolean;
}

export interface DownloadState {
  storedBytes: number;
  totalBytes: number;
  /** Whether totalBytes lacks thumbnails, because not all records were read yet. */
  isLowerBound: boolean;
  complete: boolean;
}

export interface Stats {
  simd: string;
  imageCount: number;
  requests: number;
  /** Received over the network, by kind of object. */
  bytesByKind: Record<string, number>;
}
