import { fetchManifest } from '../bundle/bundle_manifest.js';
import { SightlineError } from '../bundle/errors.js';
import { manifestName } from '../bundle/source.js';
import type { GetOptions, Source } from '../bundle/source.js';
import { encoderBytes } from '../encoder/model_file.js';
import { Encoders } from '../encoder/encoders.js';
import { fetchChecked, fetchPayload, storedBytes } from '../core/checked_objects.js';
import { columnType } from '../core/core_types.js';
import type { ObjectRef } from '../bundle/object_ref.js';
import type {
  Column,
  Core,
  CoreHits,
  CoreSearch,
  CoreSearchOptions,
  CoreTextEncoder,
  FacetSummary,
  Root,
  Searcher,
} from '../core/core_types.js';
import { coreClause, matchingImages } from './filters.js';
import { LoadingReport } from '../core/loading.js';
import type { OnLoading } from '../core/loading.js';
import { PhraseBank } from './phrase_bank.js';
import { Prefetch } from './prefetch.js';
import { RecordStore } from './record_store.js';
import { TextQueries } from './text_queries.js';
import type { BundleInfo, Filter, SearchOptions, TextEncoderChoice } from '../core/types.js';

/** Of the cells and pieces of a paged index; a phone can hold it. */
const memoryLimitBytes = 128 << 20;
/** Facets of more bytes are not fetched to count their values. */
const mostColumnBytes = 2 << 20;

export interface SessionOptions {
  encoder: TextEncoderChoice;
  /** Whether a small paged index is fetched whole after the first answer. */
  prefetch: boolean;
}

/** One opened bundle; its manifest is pinned for as long as the session lives. */
export class BundleSession {
  readonly root: Root;
  readonly encoders: Encoders;
  readonly records: RecordStore;
  readonly bank: PhraseBank;
  readonly texts: TextQueries;
  /** What the index is made of. */
  readonly indexObjects: ObjectRef[];
  /** Null: texts go through ONNX Runtime. */
  readonly textEncoder: CoreTextEncoder | null;
  private readonly textBytes: number;
  private readonly columnBytes: number;
  private loading: Promise<void> | null = null;
  private readonly adding = new Map<string, Promise<void>>();
  /** Ends the patience of an object that is added when nothing else is to be done. */
  private readonly hurries = new Map<string, () => void>();
  private knownColumns: Column[] | null = null;
  private readonly prefetch: Prefetch;

  private constructor(
    readonly core: Core,
    readonly source: Source,
    readonly rootRef: ObjectRef,
    private readonly searcher: Searcher,
    private readonly manifest: Uint8Array,
    private readonly onLoading: OnLoading,
    private readonly examples: ReadonlyMap<string, Float32Array>,
    { encoder, prefetch }: SessionOptions,
  ) {
    this.root = searcher.root();
    const { model, packedEncoder } = this.root;
    this.textEncoder =
      packedEncoder && encoder === 'packed'
        ? core.TextEncoder.open(packedEncoder, model.embeddingDim)
        : null;
    this.textBytes = this.textEncoder
      ? storedBytes(this.textEncoder.missingObjects())
      : encoderBytes(model, 'text');
    this.encoders = new Encoders(core, source, model, onLoading, this.textEncoder);
    this.records = new RecordStore(core, source, searcher, (objects) => this.add(objects));
    this.bank = new PhraseBank(core, source, searcher, this.root);
    this.texts = new TextQueries(core, source, this.root, this.encoders, this.bank, examples);
    this.prefetch = new Prefetch(
      () => searcher.missingCells(),
      (cells) => this.add(cells, ({ name }) => ({ later: this.untilHurried(name) })),
    );
    if (!prefetch || !searcher.isPaged()) this.prefetch.stop();
    else searcher.searchResidentCells();
    this.indexObjects = searcher.missingObjects('search');
    this.columnBytes = storedBytes(searcher.missingObjects('columns'));
    if (searcher.isPaged()) {
      searcher.setMemoryLimit(memoryLimitBytes);
      this.indexObjects.push(
        ...searcher.missingObjects('columns'),
        ...searcher.missingObjects('ids'),
      );
    }
    this.ready.catch(() => undefined);
    this.bank.prefetch();
  }

  /** The first files are fetched while the core still starts. */
  static async open(
    starting: Promise<Core>,
    source: Source,
    onLoading: OnLoading,
    options: SessionOptions,
  ): Promise<BundleSession> {
    const { root, bytes } = await fetchManifest(source);
    const searcher = await fetchChecked(source, root, async (stored) =>
      (await starting).Searcher.open(root, stored),
    );
    const core = await starting;
    // Asked for first: few bytes, and what a visitor can click before the index is there.
    const examples = new Map<string, Float32Array>();
    const reading = readExamples(core, source, searcher.root(), examples);
    const session = new BundleSession(
      ...([core, source, root, searcher, bytes, onLoading, examples, options] as const),
    );
    await reading;
    return session;
  }

  /**
   * Resolves when the whole index is in memory; it gives way to what a visitor waits for. After a
   * failure, asking again tries again.
   */
  get ready(): Promise<void> {
    this.loading ??= this.loadIndex().catch((error: unknown) => {
      this.loading = null;
      throw error;
    });
    return this.loading;
  }

  /** The same, while somebody waits for it. */
  get readyAtOnce(): Promise<void> {
    const { ready } = this;
    for (const { name } of this.indexObjects) this.hurries.get(name)?.();
    return ready;
  }

  /** Whether a search needs nothing that is still to be fetched as a whole. */
  get isReady(): boolean {
    return this.searcher.ready();
  }

  get isPaged(): boolean {
    return this.searcher.isPaged();
  }

  info(): BundleInfo {
    const { title, generator, imageCount, datasets, classNames, model, quality } = this.root;
    return {
      title,
      generator,
      imageCount,
      // Of a dataset whose images are all gone the name is, too.
      datasets: datasets
        .filter(({ slug }) => slug !== '')
        .map(({ slug, licence }) => ({ slug, licence })),
      classNames,
      model: {
        id: model.id,
        licence: model.licence,
        warning: model.warning,
        embeddingDim: model.embeddingDim,
      },
      examples: [...this.examples.keys()],
      phraseCount: this.root.phraseCount,
      encoderBytes: { text: this.textBytes, vision: encoderBytes(model, 'vision') },
      quality,
    };
  }

  search(
    embeddings: Float32Array,
    kind: 'text' | 'image',
    options: SearchOptions,
    details: Pick<CoreSearchOptions, 'excludedImage' | 'familiarity'>,
    onFirst: (hits: CoreHits) => void,
  ): Promise<CoreHits> {
    return this.prefetch.during(() => this.answer(embeddings, kind, options, details, onFirst));
  }

  private async answer(
    embeddings: Float32Array,
    kind: 'text' | 'image',
    { k = 20, efSearch = 50, path = 'auto', filter = [] }: SearchOptions,
    { excludedImage, familiarity }: Pick<CoreSearchOptions, 'excludedImage' | 'familiarity'>,
    onFirst: (hits: CoreHits) => void,
  ): Promise<CoreHits> {
    const filters = filter.map(coreClause);
    const how = { kind, path, k, efSearch, filters, excludedImage, familiarity };
    const search = this.searcher.ask(embeddings, how);
    try {
      if (this.searcher.isPaged()) onFirst(await this.firstHits(search));
      return await this.settle(search);
    } finally {
      search.delete();
    }
  }

  async imageEmbedding(image: number): Promise<Float32Array> {
    await this.readyAtOnce;
    for (;;) {
      const missing = this.searcher.missingForEmbedding(image);
      if (missing.length === 0) break;
      await this.add(missing);
    }
    return this.searcher.imageEmbedding(image);
  }

  /** The ordinal of an image, or null for one that is not in the bundle. */
  async findImage(imageId: string): Promise<number | null> {
    await this.add(this.searcher.missingObjects('ids'));
    for (const image of this.searcher.findImageIds(imageId)) {
      if ((await this.records.record(image)).imageId === imageId) return image;
    }
    return null;
  }

  async columns(): Promise<Column[]> {
    await this.add(this.searcher.missingObjects('columns'));
    return (this.knownColumns ??= this.searcher.columns());
  }

  /** Facets by the root alone, where the columns are too large to be fetched for counts. */
  get summary(): FacetSummary[] | null {
    return this.columnBytes > mostColumnBytes ? this.rootFacets : null;
  }

  /** The same also where the columns would tell no more than the root does. */
  summaryUnder(filter: Filter): FacetSummary[] | null {
    if (this.summary || !this.rootFacets) return this.summary;
    const { imageCount, removed, indexes } = this.root;
    const areCounted = removed.length === 0 && indexes[0]!.rowCount === imageCount;
    const isTold = ({ type, values }: FacetSummary) =>
      type === columnType.number || (filter.length === 0 && areCounted && values.length > 0);
    return this.rootFacets.every(isTold) ? this.rootFacets : null;
  }

  private get rootFacets(): FacetSummary[] | null {
    const facets = this.isPaged ? this.searcher.facets() : [];
    return facets.length > 0 ? facets : null;
  }

  /** How many images a filter lets through; about so many where the collection is large. */
  async countEligible(filter: Filter): Promise<number> {
    const count = this.summary && this.searcher.countByFacets(filter.map(coreClause));
    if (count !== null) return Math.round(count);
    return matchingImages(filter, await this.columns(), this.root).length;
  }

  /** Images that a filter lets through, from as few cells as hold k. */
  async listQualifying(filter: Filter, k: number): Promise<Uint32Array> {
    await this.ready;
    const embedding = new Float32Array(this.root.model.embeddingDim);
    const how = { kind: 'image', path: 'cells', k, efSearch: 50, excludedImage: null } as const;
    const filters = filter.map(coreClause);
    const search = this.searcher.ask(embedding, { ...how, filters, familiarity: 1 });
    try {
      return (await this.settle(search, true)).images;
    } finally {
      search.delete();
    }
  }

  close(): void {
    this.prefetch.stop();
    this.bank.close();
    this.textEncoder?.delete();
    this.searcher.delete();
  }

  /** The first answer of a paged index; what the settled one needs is asked for behind it. */
  private async firstHits(search: CoreSearch): Promise<CoreHits> {
    for (;;) {
      const hits = search.step(true);
      if (hits.missing.length === 0) return hits;
      const added = this.add(hits.missing);
      const opensCells = hits.missing.some(({ name }) => name.endsWith('.cell'));
      if (!opensCells) this.add(search.step(false).missing).catch(() => undefined);
      await added;
    }
  }

  private async settle(search: CoreSearch, isFirst = false): Promise<CoreHits> {
    for (;;) {
      const hits = search.step(isFirst);
      if (hits.missing.length === 0) return hits;
      await this.add(hits.missing);
    }
  }

  /** Fetches objects and gives them to the searcher; what two searches want is fetched once. */
  private async add(objects: ObjectRef[], optionsOf?: (ref: ObjectRef) => GetOptions) {
    await Promise.all(
      objects.map((ref) => {
        if (!optionsOf) this.hurries.get(ref.name)?.();
        const known = this.adding.get(ref.name);
        if (known) return known;
        const take = (stored: Uint8Array) => this.take(ref, stored);
        const added = fetchChecked(this.source, ref, take, optionsOf?.(ref)).finally(() => {
          this.adding.delete(ref.name);
          this.hurries.delete(ref.name);
        });
        this.adding.set(ref.name, added);
        return added;
      }),
    );
  }

  /** Resolves when somebody waits for the object; until then it gives way to what is waited for. */
  private untilHurried(name: string): Promise<void> {
    return new Promise((resolve) => this.hurries.set(name, resolve));
  }

  /** Records and the rest of the codes are in one object: it is not fetched twice. */
  private take(ref: ObjectRef, stored: Uint8Array): void {
    this.searcher.addObject(ref, stored);
    if (ref.name.endsWith('.piece')) this.records.offer(ref, stored);
  }

  private async loadIndex(): Promise<void> {
    const { searcher, source } = this;
    const missing = searcher.missingObjects('search');
    const report = new LoadingReport('index', storedBytes(missing), this.onLoading);
    await this.add(missing, ({ name }) => ({
      later: this.untilHurried(name),
      onBytes: report.file(),
    }));
    if (!searcher.ready()) {
      throw new SightlineError('corrupt', 'the index is incomplete; publish the bundle again');
    }
    report.finish();
    void source.keep?.(manifestName, this.manifest);
  }
}

async function readExamples(
  core: Core,
  source: Source,
  root: Root,
  into: Map<string, Float32Array>,
): Promise<void> {
  if (root.examples.length === 0) return;
  const payload = await fetchPayload(core, source, root.examples);
  for (const { text, embedding } of core.readExamples(payload, root.model.embeddingDim)) {
    into.set(text, embedding);
  }
}
