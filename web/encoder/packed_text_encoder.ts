import type { Source } from '../bundle/source.js';
import { fetchChecked, fetchPayload, storedBytes } from '../engine/checked_objects.js';
import type {
  Core,
  CoreTextEncoder,
  ModelInfo,
  ObjectRef,
  Tokenizer,
} from '../engine/core_types.js';
import { LoadingReport } from '../engine/loading.js';
import type { OnLoading } from '../engine/loading.js';

/**
 * CLIP's text tower run by the core, with no model runtime: layers are loaded once, rows of the
 * token table with the texts that need them. What was fetched before an interruption is not fetched
 * again.
 */
export class PackedTextEncoder {
  private constructor(
    private readonly encoder: CoreTextEncoder,
    private readonly source: Source,
    private readonly tokenizer: Tokenizer,
  ) {}

  static async load(
    core: Core,
    source: Source,
    info: ModelInfo,
    encoder: CoreTextEncoder,
    onLoading: OnLoading,
  ): Promise<PackedTextEncoder> {
    const missing = encoder.missingObjects();
    const report = new LoadingReport('text_model', storedBytes(missing), onLoading);
    const [tokens] = await Promise.all([
      fetchPayload(core, source, info.tokenizer),
      addObjects(source, encoder, missing, report),
    ]);
    report.finish();
    return new PackedTextEncoder(encoder, source, core.Tokenizer.parse(tokens));
  }

  /** [dim]: the same bytes as in the native program and in every browser. */
  async encode(text: string): Promise<Float32Array> {
    const ids = this.tokenizer.encode(text);
    await addObjects(this.source, this.encoder, this.encoder.missingObjectsOf(ids));
    return this.encoder.encode(ids);
  }
}

/** What lists the pieces of the token table, where that is not known yet. */
export function tokenDirectory(encoder: CoreTextEncoder | null): ObjectRef[] {
  return encoder?.missingObjects().filter(({ name }) => name.endsWith('.tokens')) ?? [];
}

/** Every object of the encoder; fetches the list of the token table's pieces for it. */
export async function packedEncoderObjects(
  source: Source,
  encoder: CoreTextEncoder,
): Promise<ObjectRef[]> {
  await addObjects(source, encoder, tokenDirectory(encoder));
  return encoder.allObjects();
}

/** One that fails does not stop the others: they need not be fetched again. */
async function addObjects(
  source: Source,
  encoder: CoreTextEncoder,
  objects: ObjectRef[],
  report?: LoadingReport,
): Promise<void> {
  const added = await Promise.allSettled(
    objects.map((ref) =>
      fetchChecked(source, ref, (stored) => encoder.addObject(ref, stored), {
        onBytes: report?.file(),
      }),
    ),
  );
  for (const result of added) if (result.status === 'rejected') throw result.reason;
}
