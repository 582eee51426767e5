import type { Source } from '../bundle/source.js';
import { fetchChecked, fetchPayload, storedBytes } from '../core/checked_objects.js';
import type { ObjectRef } from '../bundle/object_ref.js';
import type { Core, PhraseSuggestions, Root, Searcher } from '../core/core_types.js';

const keptPages = 64;
const keptPhrases = 200;
/** Directories that are small enough for every visitor. */
const maxPrefetchedBytes = 32 << 10;

/** The embeddings of a bundle's banked phrases, which need no text encoder. */
export class PhraseBank {
  private readonly pages = new Map<string, Promise<Uint8Array>>();
  private readonly found = new Map<string, Promise<Float32Array | null>>();
  private loadingSuggestions: Promise<PhraseSuggestions | null> | null = null;

  constructor(
    private readonly core: Core,
    private readonly source: Source,
    private readonly searcher: Searcher,
    private readonly root: Root,
  ) {}

  /** The embedding of a phrase, or null where it is not in the bank; at most two fetches. */
  find(phrase: string): Promise<Float32Array | null> {
    return remembered(this.found, phrase, keptPhrases, () => this.lookUp(phrase));
  }

  /** What a search would find for the phrase, the best first; null where the bank does not say. */
  async firstImages(phrase: string): Promise<Uint32Array | null> {
    const { core, searcher } = this;
    const directory = searcher.answerDirectory(phrase);
    if (!directory) return null;
    const page = core.phraseLeaf(directory, await this.page(directory), phrase);
    return page && core.phraseAnswer(page, await this.page(page), phrase);
  }

  /** Directories, so that the first phrase takes one fetch. What fails is told when it is needed. */
  prefetch(): void {
    const { phraseDirectories } = this.root;
    if (storedBytes(phraseDirectories) > maxPrefetchedBytes) return;
    for (const ref of phraseDirectories) this.page(ref).catch(() => undefined);
  }

  /** Phrases that complete a text, or else the nearest one. */
  async suggest(text: string, count: number): Promise<string[]> {
    const suggestions = await this.suggestions();
    if (!suggestions || text.trim() === '') return [];
    const complete = suggestions.complete(text, count);
    if (complete.length > 0) return complete;
    const nearest = suggestions.nearest(text);
    return nearest === null ? [] : [nearest];
  }

  /** The banked phrase whose words are nearest to a text's; null where none shares any. */
  async nearest(text: string): Promise<string | null> {
    return (await this.suggestions())?.nearest(text) ?? null;
  }

  close(): void {
    void this.loadingSuggestions?.then((suggestions) => suggestions?.delete());
  }

  private suggestions(): Promise<PhraseSuggestions | null> {
    this.loadingSuggestions ??= this.loadSuggestions().catch((error: unknown) => {
      this.loadingSuggestions = null;
      throw error;
    });
    return this.loadingSuggestions;
  }

  private async loadSuggestions(): Promise<PhraseSuggestions | null> {
    const { core, source, root } = this;
    if (root.suggestions.length === 0) return null;
    return core.PhraseSuggestions.parse(await fetchPayload(core, source, root.suggestions));
  }

  private async lookUp(phrase: string): Promise<Float32Array | null> {
    const { core, searcher } = this;
    const directory = searcher.phraseDirectory(phrase);
    if (!directory) return null;
    const leaf = core.phraseLeaf(directory, await this.page(directory), phrase);
    if (!leaf) return null;
    const dim = this.root.model.embeddingDim;
    return core.phraseEmbedding(leaf, await this.page(leaf), phrase, dim);
  }

  /** The stored bytes of a page, checked. */
  private page(ref: ObjectRef): Promise<Uint8Array> {
    return remembered(this.pages, ref.name, keptPages, () =>
      fetchChecked(this.source, ref, (stored) => {
        this.core.unpackObject(ref, stored);
        return stored;
      }),
    );
  }
}

/** One attempt for all that ask; what failed is tried again, what was used last stays. */
function remembered<T>(
  known: Map<string, Promise<T>>,
  key: string,
  limit: number,
  make: () => Promise<T>,
): Promise<T> {
  const value = known.get(key) ?? make();
  if (!known.has(key)) value.catch(() => known.delete(key));
  known.delete(key);
  known.set(key, value);
  if (known.size > limit) known.delete(known.keys().next().value!);
  return value;
}
