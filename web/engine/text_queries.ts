import { isAbort, toSightlineError } from '../bundle/errors.js';
import type { Source } from '../bundle/source.js';
import { encoderBytes } from '../encoder/model_file.js';
import type { Encoders } from '../encoder/encoders.js';
import { fetchPayload } from '../core/checked_objects.js';
import type { Core, Root, Tokenizer } from '../core/core_types.js';
import type { PhraseBank } from './phrase_bank.js';

/** A text as the index is asked for it. */
export interface EmbeddedText {
  /** [phrases, dim], one row for each thing that the text asks for. */
  embeddings: Float32Array;
  /** How much of the text the model knows, [0, 1]; 1 for banked phrases. */
  familiarity: number;
  /** The banked text that stands in for the one asked for. */
  standIn: string | null;
}

// How long the bank is not asked again after the network failed it.
const passOverMs = 30_000;

/** Texts to embeddings: by the examples and the phrase bank, else by the text encoder. */
export class TextQueries {
  private tokenizer: Promise<Tokenizer> | null = null;
  private bankFailedAt = -Infinity;
  /** Whether the encoder answers without being fetched first. */
  isWarm = false;

  constructor(
    private readonly core: Core,
    private readonly source: Source,
    private readonly root: Root,
    private readonly encoders: Encoders,
    private readonly bank: PhraseBank,
    private readonly examples: ReadonlyMap<string, Float32Array>,
  ) {}

  get hasEncoder(): boolean {
    return encoderBytes(this.root.model, 'text') > 0;
  }

  async warm(): Promise<void> {
    await this.encoders.warmText();
    this.isWarm = true;
  }

  /** Where every phrase of the text is known; null otherwise. Fetches no model. */
  async known(text: string): Promise<EmbeddedText | null> {
    const example = this.examples.get(text);
    if (example) return { embeddings: example, familiarity: 1, standIn: null };
    const phrases = this.core.splitConjunction(text);
    const rows = await Promise.all(phrases.map((phrase) => this.find(phrase)));
    return rows.every((row) => row !== null) ? this.embedded(rows, 1, null) : null;
  }

  /** The nearest banked phrases in place of those that are not known; null where none is near. */
  async standIn(text: string): Promise<EmbeddedText | null> {
    const phrases = await Promise.all(
      this.core.splitConjunction(text).map(async (phrase) => {
        const row = await this.find(phrase);
        return row ? phrase : this.bank.nearest(phrase);
      }),
    );
    const near = phrases.filter((phrase) => phrase !== null);
    const rows = await Promise.all(near.map((phrase) => this.find(phrase)));
    if (rows.length === 0 || rows.some((row) => row === null)) return null;
    return this.embedded(rows as Float32Array[], 1, near.join(' and '));
  }

  /** The true answer: phrases that are not known run through the text encoder. */
  async encoded(text: string, signal: AbortSignal): Promise<EmbeddedText> {
    const phrases = this.core.splitConjunction(text);
    let familiarity = 1;
    const rows = await Promise.all(
      phrases.map(async (phrase) => {
        const row = await this.find(phrase);
        if (row) return row;
        const encoded = await this.encoders.encodeText(phrase, signal);
        this.isWarm = true;
        familiarity = Math.min(familiarity, (await this.loadTokenizer()).familiarity(phrase));
        return encoded;
      }),
    );
    return this.embedded(rows, familiarity, null);
  }

  /**
   * Without network the encoder, which may be kept, answers instead of the bank. Damaged pages are
   * told, not passed over.
   */
  private async find(phrase: string): Promise<Float32Array | null> {
    const example = this.examples.get(phrase);
    if (example) return example;
    if (this.hasEncoder && performance.now() - this.bankFailedAt < passOverMs) return null;
    try {
      return await this.bank.find(phrase);
    } catch (error) {
      const { code } = toSightlineError(error);
      if (!isAbort(error) && this.hasEncoder && (code === 'network' || code === 'offline')) {
        this.bankFailedAt = performance.now();
        return null;
      }
      throw error;
    }
  }

  private embedded(
    rows: Float32Array[],
    familiarity: number,
    standIn: string | null,
  ): EmbeddedText {
    const embeddings = new Float32Array(rows.length * this.root.model.embeddingDim);
    rows.forEach((row, index) => embeddings.set(row, index * row.length));
    return { embeddings, familiarity, standIn };
  }

  private loadTokenizer(): Promise<Tokenizer> {
    this.tokenizer ??= fetchPayload(this.core, this.source, this.root.model.tokenizer)
      .then((payload) => this.core.Tokenizer.parse(payload))
      .catch((error: unknown) => {
        this.tokenizer = null;
        throw error;
      });
    return this.tokenizer;
  }
}
