import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { SightlineError, toSightlineError } from '../bundle/errors.js';
import { ortGlueUrl, ortWasmUrl, readAsset } from '../core/asset_files.js';
import { LoadingReport } from '../core/loading.js';
import type { OnLoading } from '../core/loading.js';

export type OnnxRuntime = typeof import('onnxruntime-common');

declare const ORT_WASM_BYTES: number;

let runtime: Promise<OnnxRuntime> | null = null;

/** ONNX Runtime, loaded on the first call. Threads only where pages may share memory. */
export function loadOnnxRuntime(onLoading: OnLoading): Promise<OnnxRuntime> {
  runtime ??= start(onLoading).catch((error: unknown) => {
    runtime = null;
    throw toSightlineError(error);
  });
  return runtime;
}

async function start(onLoading: OnLoading): Promise<OnnxRuntime> {
  const report = new LoadingReport('runtime', ORT_WASM_BYTES, onLoading);
  const [ort, wasmBinary] = await Promise.all([
    import('onnxruntime-web/wasm'),
    readAsset(ortWasmUrl(), { keep: true, onBytes: report.file() }),
  ]);
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
  ort.env.wasm.numThreads = globalThis.crossOriginIsolated ? Math.min(4, cores) : 1;
  ort.env.wasm.wasmPaths = { mjs: ortGlueUrl().href };
  ort.env.wasm.wasmBinary = wasmBinary.slice().buffer;
  ort.env.logLevel = 'error';
  report.finish();
  return ort;
}

/** A model's session; one run at a time. */
export class OnnxModel {
  private constructor(
    private readonly ort: OnnxRuntime,
    private readonly session: InferenceSession,
    private readonly name: string,
  ) {}

  static async load(ort: OnnxRuntime, bytes: Uint8Array, name: string): Promise<OnnxModel> {
    try {
      const session = await ort.InferenceSession.create(bytes, {
        executionProviders: ['wasm'],
        graphOptimizationLevel: 'all',
      });
      return new OnnxModel(ort, session, name);
    } catch (error) {
      throw new SightlineError('model', `${name}: ONNX Runtime refuses it: ${String(error)}`);
    }
  }

  get inputNames(): readonly string[] {
    return this.session.inputNames;
  }

  /** Token ids as the model wants them. */
  integers(inputName: string, values: Uint32Array | number[]): Tensor {
    const metadata = this.session.inputMetadata?.find(({ name }) => name === inputName);
    const shape = [1, values.length];
    if (metadata?.isTensor && metadata.type === 'int32') {
      return new this.ort.Tensor('int32', Int32Array.from(values), shape);
    }
    return new this.ort.Tensor('int64', BigInt64Array.from(values, BigInt), shape);
  }

  floats(values: Float32Array, shape: number[]): Tensor {
    return new this.ort.Tensor('float32', values, shape);
  }

  /** The one embedding the model answers with, at unit length. */
  async embed(inputs: Record<string, Tensor>, wanted: string, dim: number): Promise<Float32Array> {
    const outputs = await this.session.run(inputs).catch((error: unknown) => {
      throw new SightlineError('model', `${this.name}: the run failed: ${String(error)}`);
    });
    const fits = ({ dims, type }: Tensor) =>
      type === 'float32' && dims.length === 2 && dims[0] === 1 && dims[1] === dim;
    const named = outputs[wanted];
    const output = named && fits(named) ? named : Object.values(outputs).find(fits);
    if (!output) {
      throw new SightlineError('model', `${this.name}: no output of shape [1, ${dim}]`);
    }
    return unitLength(output.data as Float32Array, this.name);
  }
}

function unitLength(values: Float32Array, name: string): Float32Array {
  let square = 0;
  for (const value of values) square += value * value;
  if (!(square > 0) || !Number.isFinite(square)) {
    throw new SightlineError('model', `${name}: the embedding has no length`);
  }
  return values.map((value) => value / Math.sqrt(square));
}
