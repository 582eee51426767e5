import type { Source } from '../bundle/source.js';
import type { Core, CoreTextEncoder, ModelInfo } from '../engine/core_types.js';
import type { OnLoading } from '../engine/loading.js';
import type { BoxXyxyPx, RgbPixels } from '../engine/types.js';
import { ClipImageEncoder } from './image_encoder.js';
import { PackedTextEncoder } from './packed_text_encoder.js';
import { ClipTextEncoder } from './text_encoder.js';

const keptTexts = 200;

interface TextEncoder {
  encode(text: string): Promise<Float32Array>;
}

/** The two towers of a bundle's model, each loaded on first use; one run at a time. */
export class Encoders {
  private text: Promise<TextEncoder> | null = null;
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

  warmText(): Promise<TextEncoder> {
    this.text ??= this.loadText().catch((error: unknown) => {
      this.text = null;
      throw error;
    });
    return this.text;
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
    const encoder = await this.warmText();
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

  private loadText(): Promise<TextEncoder> {
    const { core, source, model, onLoading, packed } = this;
    return packed
      ? PackedTextEncoder.load(core, source, model, packed, onLoading)
      : ClipTextEncoder.load(core, source, model, onLoading);
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
