/** What the WebAssembly core exposes (`wasm/*_binding.cpp`), as TypeScript sees it. */
import type { ObjectRef } from '../bundle/object_ref.js';

export interface ModelFile {
  role: string;
  name: string;
  bytes: number;
  sha256: string;
  /** To be joined in order; none: the file is not published with the bundle. */
  parts: ObjectRef[];
}

export interface ModelInfo {
  id: string;
  licence: string;
  warning: string;
  embeddingDim: number;
  imageSizePx: number;
  mean: number[];
  std: number[];
  contextLength: number;
  tokenizer: ObjectRef[];
  files: ModelFile[];
}

export interface Root {
  title: string;
  generator: string;
  /** Images that can be found; their ordinals go further where some were removed. */
  imageCount: number;
  /** Ordinals of images that are gone, ascending. */
  removed: Uint32Array;
  datasets: { slug: string; licence: string; mediaBaseUrl: string }[];
  classNames: string[];
  model: ModelInfo;
  indexes: {
    rowKind: 'images' | 'crops';
    rowCount: number;
    m: number;
    efConstruction: number;
    /** Of a paged index, with those of its deltas; otherwise none. */
    cells: ObjectRef[];
    transform: ObjectRef[];
  }[];
  examples: ObjectRef[];
  /** Of the phrase bank; 0: the bundle has none. */
  phraseCount: number;
  suggestions: ObjectRef[];
  /** Pages to begin with, of phrases and of their first answers. */
  phraseDirectories: ObjectRef[];
  records: ObjectRef[];
  /** What filters of a paged bundle may read beside its cells. */
  facetObjects: ObjectRef[];
  quality: Record<string, number>;
  /** For `TextEncoder.open`, where the bundle has one. */
  packedEncoder: Uint8Array | null;
}

export interface ThumbnailRef {
  object: ObjectRef;
  /** The WebP file is bytes [offset, offset + bytes) of the object. */
  offset: number;
  bytes: number;
  widthPx: number;
  heightPx: number;
}

export interface CoreDetection {
  classId: number;
  confidence: number;
  boxXyxyPx: number[];
}

export interface CoreRecord {
  imageId: string;
  dataset: number;
  sequence: string;
  camera: string;
  path: string;
  mediaUrl: string;
  widthPx: number;
  heightPx: number;
  timestampS: number | null;
  latitudeDeg: number | null;
  longitudeDeg: number | null;
  thumbnail: ThumbnailRef | null;
  detections: CoreDetection[];
}

export const columnType = { category: 0, number: 1, tags: 2 } as const;

/** A facet of all images, by image ordinal; only the arrays of its type are filled. */
export interface Column {
  name: string;
  type: number;
  values: string[];
  codes: Uint32Array;
  numbers: Float64Array;
  /** [images + 1], ranges of tagValues and tagCounts. */
  tagOffsets: Uint32Array;
  tagValues: Uint16Array;
  tagCounts: Uint16Array;
}

/** What the root of a paged bundle tells of a facet. */
export interface FacetSummary {
  name: string;
  type: number;
  /** Of a category; none where they are too many for the root. */
  values: string[];
  /** Of a category: what only added images have. */
  addedValues: string[];
  /** Images by value, or between two edges; without the added ones, with those that are gone. */
  counts: Uint32Array;
  /** Of a number. */
  edges: Float64Array;
  /** Of a number, the least and the most of the added images; or empty. */
  addedRange: Float64Array;
}

export interface CoreFilterClause {
  field: string;
  op: string;
  values: string[];
}

export interface CoreSearchOptions {
  kind: 'text' | 'image';
  path: 'auto' | 'hnsw' | 'cells' | 'exact';
  k: number;
  efSearch: number;
  /** Clauses, or lines in the command line's language. */
  filters: (CoreFilterClause | string)[];
  excludedImage: number | null;
  /** Of a text query, [0, 1]. */
  familiarity: number;
}

/** Hits as columns, best first. */
export interface CoreHits {
  images: Uint32Array;
  similarities: Float64Array;
  /** 0 whole, 1 tile, 2 crop. */
  viewKinds: Uint8Array;
  /** [hits, 4] */
  boxesXyxyPx: Uint32Array;
  /** To be added before the same search gives the full answer. */
  missing: ObjectRef[];
  /** Of text queries, where the bundle is calibrated; empty otherwise. */
  relevances: Float64Array;
  /** False where nothing in the collection fits the text. */
  found: boolean;
}

/** One search; what it works with stays in memory until `delete()`. */
export interface CoreSearch {
  /** What is known so far; again, once `missing` was added. isFirst: the answer shown first. */
  step(isFirst: boolean): CoreHits;
  delete(): void;
}

export interface Searcher {
  root(): Root;
  /** Opens cells as queries ask for them; otherwise all is loaded before the first search. */
  isPaged(): boolean;
  setMemoryLimit(bytes: number): void;
  /** Of the cells and pieces of a paged index. */
  residentBytes(): number;
  missingObjects(need: 'search' | 'columns' | 'ids'): ObjectRef[];
  /** To be added, in rounds, before imageEmbedding and findRecord. */
  missingForEmbedding(image: number): ObjectRef[];
  missingForRecord(image: number): ObjectRef[];
  missingCells(): ObjectRef[];
  addObject(ref: ObjectRef, stored: Uint8Array): void;
  ready(): boolean;
  /** Once all cells are in memory, searches look at more of them than they would fetch. */
  searchResidentCells(): void;
  /** Begins a search. embeddings: [phrases, dim]. */
  ask(embeddings: Float32Array, options: CoreSearchOptions): CoreSearch;
  imageEmbedding(image: number): Float32Array;
  findImageIds(imageId: string): Uint32Array;
  findRecord(image: number): { piece: ObjectRef; position: number };
  columns(): Column[];
  facets(): FacetSummary[];
  /** About how many images pass, by the root alone; null where it does not tell of a field. */
  countByFacets(filters: (CoreFilterClause | string)[]): number | null;
  /** The page of the phrase bank to begin with; null where the bank cannot hold the phrase. */
  phraseDirectory(phrase: string): ObjectRef | null;
  /** The same of the images that answer phrases at first. */
  answerDirectory(phrase: string): ObjectRef | null;
  delete(): void;
}

export interface Tokenizer {
  /** [start, tokens, end], unpadded. */
  encode(text: string): Uint32Array;
  /** The share of the text that is whole words of the vocabulary, [0, 1]. */
  familiarity(text: string): number;
  delete(): void;
}

export interface PhraseSuggestions {
  complete(text: string, count: number): string[];
  nearest(text: string): string | null;
  delete(): void;
}

/** CLIP's text tower run by the core. */
export interface CoreTextEncoder {
  /** What every text needs and is not there yet, in the order in which it is computed with. */
  missingObjects(): ObjectRef[];
  /** With what these token ids need; complete once the first object of it is there. */
  missingObjectsOf(ids: Uint32Array): ObjectRef[];
  /** There or not; complete once `missingObjects()` is empty. */
  allObjects(): ObjectRef[];
  addObject(ref: ObjectRef, stored: Uint8Array): void;
  /** [dim], the same bytes everywhere. */
  encode(ids: Uint32Array): Float32Array;
  delete(): void;
}

export interface ImageModel {
  imageSizePx: number;
  mean: number[];
  std: number[];
}

export interface Core {
  Searcher: { open(root: ObjectRef, stored: Uint8Array): Searcher };
  Tokenizer: { parse(payload: Uint8Array): Tokenizer };
  TextEncoder: { open(packedEncoder: Uint8Array, embeddingDim: number): CoreTextEncoder };
  PhraseSuggestions: { parse(payload: Uint8Array): PhraseSuggestions };
  /** The leaf of the phrase bank that a phrase would be in. */
  phraseLeaf(directory: ObjectRef, stored: Uint8Array, phrase: string): ObjectRef | null;
  phraseEmbedding(
    leaf: ObjectRef,
    stored: Uint8Array,
    phrase: string,
    dim: number,
  ): Float32Array | null;
  /** Image ordinals, the best first; null where the page has none for the phrase. */
  phraseAnswer(page: ObjectRef, stored: Uint8Array, phrase: string): Uint32Array | null;
  unpackObject(ref: ObjectRef, stored: Uint8Array): Uint8Array;
  readRecords(ref: ObjectRef, payload: Uint8Array): CoreRecord[];
  /** The pieces a cell refers to. */
  readCellPieces(payload: Uint8Array): ObjectRef[];
  /** The pages a directory of the phrase bank refers to. */
  readPhrasePages(payload: Uint8Array): ObjectRef[];
  readExamples(payload: Uint8Array, dim: number): { text: string; embedding: Float32Array }[];
  /** rgb: [height, width, 3]; the result: [3, size, size]. */
  preprocessImage(
    rgb: Uint8Array,
    widthPx: number,
    heightPx: number,
    boxXyxyPx: number[],
    model: ImageModel,
  ): Float32Array;
  /** The things a text asks for together, to be embedded one by one. */
  splitConjunction(text: string): string[];
  centreSquare(widthPx: number, heightPx: number): Uint32Array;
  simdLevel(): string;
}
