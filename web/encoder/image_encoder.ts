import { SightlineError } from '../bundle/errors.js';
import type { Source } from '../bundle/source.js';
import type { Core, ModelInfo } from '../core/core_types.js';
import type { OnLoading } from '../core/loading.js';
import type { BoxXyxyPx, RgbPixels } from '../core/types.js';
import { fetchModelFile } from './model_file.js';
import { OnnxModel, loadOnnxRuntime } from './onnx_runtime.js';

/** CLIP's vision tower; pixels are resized and normalised by the core, as at build time. */
export class ClipImageEncoder {
  private constructor(
    private readonly core: Core,
    private readonly model: OnnxModel,
    private readonly info: ModelInfo,
  ) {}

  static async load(
    core: Core,
    source: Source,
    info: ModelInfo,
    onLoading: OnLoading,
  ): Promise<ClipImageEncoder> {
    const [file, runtime] = await Promise.all([
      fetchModelFile(core, source, info, 'vision', onLoading),
      loadOnnxRuntime(onLoading),
    ]);
    return new ClipImageEncoder(
      core,
      await OnnxModel.load(runtime, file, `${info.id} (vision)`),
      info,
    );
  }

  encode({ rgb, widthPx, heightPx }: RgbPixels, box?: BoxXyxyPx): Promise<Float32Array> {
    const { imageSizePx, mean, std, embeddingDim } = this.info;
    const part = box ?? [...this.core.centreSquare(widthPx, heightPx)];
    const model = { imageSizePx, mean, std };
    const pixels = this.core.preprocessImage(rgb, widthPx, heightPx, part, model);
    const input = this.model.floats(pixels, [1, 3, imageSizePx, imageSizePx]);
    const name = this.model.inputNames[0];
    if (name === undefined) throw new SightlineError('model', `${this.info.id}: no input`);
    return this.model.embed({ [name]: input }, 'image_embeds', embeddingDim);
  }
}
