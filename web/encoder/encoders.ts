import type { Source } from '../bundle/source.js';
import type { Core, CoreTextEncoder, ModelInfo } from '../core/core_types.js';
import type { OnLoading } from '../core/loading.js';
import type { BoxXyxyPx, RgbPixels } from '../core/types.js';
import { ClipImageEncoder } from './image_encoder.js';
import { PackedTextEncoder } from './packed_text_encoder.js';
import { ClipTextEncoder } from './text_encoder.js';

const keptTexts = 200;

interface TextEncoder {
  loaded: Promise<void>;
  /** Fetches what only this text needs; resolves when it can be encoded. */
  prepare(text: string): Promise<void>;
  encode(text: string): Promise<Float32Array>;
}

/** The two towers of a bundle's model, each loaded on first use; one run at a time. */
export class Encoders {
  private text: TextEncoder | null = null;
  private vision: Promise<ClipImageEncoder> | null = null;
  private lastRun: Promise<unknown> = Promise.resolve();
  private readonly texts = new Map<string, Float32Array>();

  constructor(
    private readonly core: Core,
    private readonly source: Source,
    private readonly model: ModelInfo,
    private readonly onLoading: OnLoading,
    /** Null: texts go through ONNX Runtime. */
    private readonly packed: CoreTextEncoder | null,
  ) {}

  async warmText(): Promise<void> {
    await this.textEncoder().loaded;
  }

  warmVision(): Promise<ClipImageEncoder> {
    this.vision ??= ClipImageEncoder.load(this.core, this.source, this.model, this.onLoading).catch(
      (error: unknown) => {
        this.vision = null;
        throw error;
      },
    );
    return this.vision;
  }

  async encodeText(text: string, signal?: AbortSignal): Promise<Float32Array> {
    const known = this.texts.get(text);
    if (known) return known;
    const encoder = this.textEncoder();
    await encoder.prepare(text);
    signal?.throwIfAborted();
    const embedding = await this.run(() => encoder.encode(text), signal);
    this.texts.set(text, embedding);
    if (this.texts.size > keptTexts) this.texts.delete(this.texts.keys().next().value!);
    return embedding;
  }

  async encodeImage(
    image: RgbPixels,
    box: BoxXyxyPx | undefined,
    signal?: AbortSignal,
  ): Promise<Float32Array> {
    const encoder = await this.warmVision();
    return this.run(() => encoder.encode(image, box), signal);
  }

  /** The text tower, or what is being loaded of it; after a failure it is begun anew. */
  private textEncoder(): TextEncoder {
    if (this.text) return this.text;
    const { core, source, model, onLoading, packed } = this;
    const text = packed
      ? new PackedTextEncoder(core, source, model, packed, onLoading)
      : new ClipTextEncoder(core, source, model, onLoading);
    text.loaded.catch(() => (this.text = null));
    this.text = text;
    return text;
  }

  /** A run cannot be stopped, so those that nobody waits for any more are not begun. */
  private run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const result = this.lastRun.then(async () => {
      await messagesHandled();
      signal?.throwIfAborted();
      return task();
    });
    this.lastRun = result.catch(() => undefined);
    return result;
  }
}

/** Lets a cancellation that already waits in the worker's queue arrive. */
function messagesHandled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
