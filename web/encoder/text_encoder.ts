import type { Tensor } from 'onnxruntime-common';
import type { Source } from '../bundle/source.js';
import { fetchPayload } from '../engine/checked_objects.js';
import type { Core, ModelInfo, Tokenizer } from '../engine/core_types.js';
import type { OnLoading } from '../engine/loading.js';
import { fetchModelFile } from './model_file.js';
import { OnnxModel, loadOnnxRuntime } from './onnx_runtime.js';

/**
 * CLIP's text tower. It is causal and pooled at the end token, so padding is left out: the
 * embedding is the same and a short text costs a fraction.
 */
export class ClipTextEncoder {
  private constructor(
    private readonly model: OnnxModel,
    private readonly tokenizer: Tokenizer,
    private readonly dim: number,
  ) {}

  static async load(
    core: Core,
    source: Source,
    info: ModelInfo,
    onLoading: OnLoading,
  ): Promise<ClipTextEncoder> {
    const [file, tokens] = await Promise.all([
      fetchModelFile(core, source, info, 'text', onLoading),
      fetchPayload(core, source, info.tokenizer),
    ]);
    const runtime = await loadOnnxRuntime(onLoading);
    const model = await OnnxModel.load(runtime, file, `${info.id} (text)`);
    return new ClipTextEncoder(model, core.Tokenizer.parse(tokens), info.embeddingDim);
  }

  encode(text: string): Promise<Float32Array> {
    const ids = this.tokenizer.encode(text);
    const inputs: Record<string, Tensor> = {};
    for (const name of this.model.inputNames) {
      inputs[name] = this.model.integers(name, name === 'attention_mask' ? ids.map(() => 1) : ids);
    }
    return this.model.embed(inputs, 'text_embeds', this.dim);
  }
}
