import type { Tensor } from 'onnxruntime-common';
import type { Source } from '../bundle/source.js';
import { fetchPayload } from '../core/checked_objects.js';
import type { Core, ModelInfo, Tokenizer } from '../core/core_types.js';
import type { OnLoading } from '../core/loading.js';
import { fetchModelFile } from './model_file.js';
import { OnnxModel, loadOnnxRuntime } from './onnx_runtime.js';

/**
 * CLIP's text tower. It is causal and pooled at the end token, so padding is left out: the
 * embedding is the same and a short text costs a fraction.
 */
export class ClipTextEncoder {
  readonly loaded: Promise<void>;
  private readonly parts: Promise<[OnnxModel, Tokenizer]>;

  /** Begins to load. */
  constructor(
    core: Core,
    source: Source,
    private readonly info: ModelInfo,
    onLoading: OnLoading,
  ) {
    this.parts = loadParts(core, source, info, onLoading);
    this.loaded = this.parts.then(() => undefined);
    this.loaded.catch(() => undefined);
  }

  prepare(): Promise<void> {
    return this.loaded;
  }

  async encode(text: string): Promise<Float32Array> {
    const [model, tokenizer] = await this.parts;
    const ids = tokenizer.encode(text);
    const inputs: Record<string, Tensor> = {};
    for (const name of model.inputNames) {
      inputs[name] = model.integers(name, name === 'attention_mask' ? ids.map(() => 1) : ids);
    }
    return model.embed(inputs, 'text_embeds', this.info.embeddingDim);
  }
}

async function loadParts(
  core: Core,
  source: Source,
  info: ModelInfo,
  onLoading: OnLoading,
): Promise<[OnnxModel, Tokenizer]> {
  const [file, tokens] = await Promise.all([
    fetchModelFile(core, source, info, 'text', onLoading),
    fetchPayload(core, source, info.tokenizer),
  ]);
  const runtime = await loadOnnxRuntime(onLoading);
  const model = await OnnxModel.load(runtime, file, `${info.id} (text)`);
  return [model, core.Tokenizer.parse(tokens)];
}
