import type { Source } from '../bundle/source.js';
import { fetchChecked, fetchPayload, storedBytes } from '../core/checked_objects.js';
import type { ObjectRef } from '../bundle/object_ref.js';
import type { Core, CoreTextEncoder, ModelInfo, Tokenizer } from '../core/core_types.js';
import { LoadingReport } from '../core/loading.js';
import type { OnLoading } from '../core/loading.js';

/**
 * CLIP's text tower run by the core, with no model runtime: layers are loaded once, rows of the
 * token table with the texts that need them. What was fetched before an interruption is not fetched
 * again.
 */
export class PackedTextEncoder {
  /** Resolves when every text needs only its own tokens. */
  readonly loaded: Promise<void>;
  private readonly tokenizer: Promise<Tokenizer>;
  private readonly directory: Promise<void>;
  private lastTokens: Promise<void> = Promise.resolve();

  /** Begins to load; every object is checked and unpacked as it arrives. */
  constructor(
    core: Core,
    private readonly source: Source,
    info: ModelInfo,
    private readonly encoder: CoreTextEncoder,
    onLoading: OnLoading,
  ) {
    const missing = encoder.missingObjects();
    const report = new LoadingReport('text_model', storedBytes(missing), onLoading);
    const directory = tokenDirectory(encoder);
    const others = missing.filter(({ name }) => directory.every((ref) => ref.name !== name));
    this.tokenizer = fetchPayload(core, source, info.tokenizer).then((payload) =>
      core.Tokenizer.parse(payload),
    );
    this.directory = addObjects(source, encoder, directory, report);
    const layers = addObjects(source, encoder, others, report);
    this.loaded = Promise.all([this.tokenizer, this.directory, layers]).then(() => report.finish());
    this.loaded.catch(() => undefined);
  }

  /** Fetches the rows of a text's tokens while the layers are still on their way. */
  async prepare(text: string): Promise<void> {
    const tokens = this.addTokens(text);
    tokens.catch(() => undefined);
    await this.loaded;
    await tokens;
  }

  /** [dim]: the same bytes as in the native program and in every browser. */
  async encode(text: string): Promise<Float32Array> {
    return this.encoder.encode((await this.tokenizer).encode(text));
  }

  /** One text after the other, so that no rows are fetched twice. */
  private addTokens(text: string): Promise<void> {
    const added = this.lastTokens.then(async () => {
      const [tokenizer] = await Promise.all([this.tokenizer, this.directory]);
      const ids = tokenizer.encode(text);
      // The layers are on their way already.
      const missing = this.encoder.missingObjectsOf(ids).filter(isOfTokens);
      await addObjects(this.source, this.encoder, missing);
    });
    this.lastTokens = added.catch(() => undefined);
    return added;
  }
}

/** What lists the pieces of the token table, where that is not known yet. */
export function tokenDirectory(encoder: CoreTextEncoder | null): ObjectRef[] {
  return encoder?.missingObjects().filter(isOfTokens) ?? [];
}

const isOfTokens = ({ name }: ObjectRef) => name.endsWith('.tokens');

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
