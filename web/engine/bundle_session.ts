import { fetchManifest } from '../bundle/bundle_manifest.js';
import { SightlineError } from '../bundle/errors.js';
import { manifestName } from '../bundle/source.js';
import type { Source } from '../bundle/source.js';
import { encoderBytes } from '../encoder/model_file.js';
import { Encoders } from '../encoder/encoders.js';
import { fetchChecked, fetchPayload, storedBytes } from './checked_objects.js';
import type {
  Column,
  Core,
  CoreHits,
  CoreTextEncoder,
  ObjectRef,
  Root,
  Searcher,
} from './core_types.js';
import { coreClause } from './filters.js';
import { LoadingReport } from './loading.js';
import type { OnLoading } from './loading.js';
import { RecordStore } from './record_store.js';
import type { BundleInfo, SearchOptions, TextEncoderChoice } from './types.js';

/** One opened bundle; its manifest is pinned for as long as the session lives. */
export class BundleSession {
  readonly root: Root;
  readonly encoders: Encoders;
  readonly records: RecordStore;
  /** What the index is made of. */
  readonly indexObjects: ObjectRef[];
  /** Null: texts go through ONNX Runtime. */
  readonly textEncoder: CoreTextEncoder | null;
  private readonly textBytes: number;
  private loading: Promise<void> | null = null;
  private knownColumns: Column[] | null = null;
  private examples = new Map<string, Float32Array>();

  private constructor(
    readonly core: Core,
    readonly source: Source,
    readonly rootRef: ObjectRef,
    private readonly searcher: Searcher,
    private readonly manifest: Uint8Array,
    private readonly onLoading: OnLoading,
    choice: TextEncoderChoice,
  ) {
    this.root = searcher.root();
    const { model, packedEncoder } = this.root;
    this.textEncoder =
      packedEncoder && choice === 'packed'
        ? core.TextEncoder.open(packedEncoder, model.embeddingDim)
        : null;
    this.textBytes = this.textEncoder
      ? storedBytes(this.textEncoder.missingObjects())
      : encoderBytes(model, 'text');
    this.encoders = new Encoders(core, source, model, onLoading, this.textEncoder);
    this.records = new RecordStore(core, source, searcher);
    this.indexObjects = searcher.missingObjects();
    this.ready.catch(() => undefined);
  }

  /** The first files are fetched while the core still starts. */
  static async open(
    starting: Promise<Core>,
    source: Source,
    onLoading: OnLoading,
    choice: TextEncoderChoice,
  ): Promise<BundleSession> {
    const { root, bytes } = await fetchManifest(source);
    const searcher = await fetchChecked(source, root, async (stored) =>
      (await starting).Searcher.open(root, stored),
    );
    const core = await starting;
    // Asked for first: few bytes, and what a visitor can click before the index is there.
    const examples = readExamples(core, source, searcher.root());
    const session = new BundleSession(core, source, root, searcher, bytes, onLoading, choice);
    session.examples = await examples;
    return session;
  }

  /** Resolves when the whole index is in memory. After a failure, asking again tries again. */
  get ready(): Promise<void> {
    this.loading ??= this.loadIndex().catch((error: unknown) => {
      this.loading = null;
      throw error;
    });
    return this.loading;
  }

  info(): BundleInfo {
    const { title, generator, imageCount, datasets, classNames, model, quality } = this.root;
    return {
      title,
      generator,
      imageCount,
      datasets: datasets.map(({ slug, licence }) => ({ slug, licence })),
      classNames,
      model: {
        id: model.id,
        licence: model.licence,
        warning: model.warning,
        embeddingDim: model.embeddingDim,
      },
      examples: [...this.examples.keys()],
      encoderBytes: { text: this.textBytes, vision: encoderBytes(model, 'vision') },
      quality,
    };
  }

  /**
   * The embeddings of a text's phrases, [phrases, dim]: at once for an example, by the text
   * encoder otherwise.
   */
  async embedText(text: string, signal: AbortSignal): Promise<Float32Array> {
    const example = this.examples.get(text);
    if (example) return example;
    const phrases = this.core.splitConjunction(text);
    const rows = await Promise.all(
      phrases.map((phrase) => this.encoders.encodeText(phrase, signal)),
    );
    const embeddings = new Float32Array(rows.length * this.root.model.embeddingDim);
    rows.forEach((row, index) => embeddings.set(row, index * row.length));
    return embeddings;
  }

  async search(
    embeddings: Float32Array,
    kind: 'text' | 'image',
    { k = 20, efSearch = 50, path = 'hnsw', filter = [] }: SearchOptions,
    excludedImage: number | null = null,
  ): Promise<CoreHits> {
    await this.ready;
    const filters = filter.map(coreClause);
    return this.searcher.search(embeddings, { kind, path, k, efSearch, filters, excludedImage });
  }

  async imageEmbedding(image: number): Promise<Float32Array> {
    await this.ready;
    return this.searcher.imageEmbedding(image);
  }

  /** The ordinal of an image, or null for one that is not in the bundle. */
  async findImage(imageId: string): Promise<number | null> {
    await this.ready;
    for (const image of this.searcher.findImageIds(imageId)) {
      if ((await this.records.record(image)).imageId === imageId) return image;
    }
    return null;
  }

  async columns(): Promise<Column[]> {
    await this.ready;
    return (this.knownColumns ??= this.searcher.columns());
  }

  close(): void {
    this.textEncoder?.delete();
    this.searcher.delete();
  }

  private async loadIndex(): Promise<void> {
    const { searcher, source } = this;
    const missing = searcher.missingObjects();
    const report = new LoadingReport('index', storedBytes(missing), this.onLoading);
    await Promise.all(
      missing.map((ref) =>
        fetchChecked(source, ref, (stored) => searcher.addObject(ref, stored), {
          onBytes: report.file(),
        }),
      ),
    );
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
): Promise<Map<string, Float32Array>> {
  if (root.examples.length === 0) return new Map();
  const payload = await fetchPayload(core, source, root.examples);
  const examples = core.readExamples(payload, root.model.embeddingDim);
  return new Map(examples.map(({ text, embedding }) => [text, embedding]));
}
