import { SightlineError } from '../bundle/errors.js';
import type { Source } from '../bundle/source.js';
import { fetchPayload, storedBytes } from '../core/checked_objects.js';
import type { Core, ModelFile, ModelInfo } from '../core/core_types.js';
import { LoadingReport } from '../core/loading.js';
import type { OnLoading } from '../core/loading.js';

export type EncoderRole = 'text' | 'vision';

export function publishedFile(model: ModelInfo, role: EncoderRole): ModelFile | undefined {
  return model.files.find((file) => file.role === role && file.parts.length > 0);
}

export function encoderBytes(model: ModelInfo, role: EncoderRole): number {
  return storedBytes(publishedFile(model, role)?.parts ?? []);
}

/** The model of that role, fetched from the bundle, joined and checked. */
export async function fetchModelFile(
  core: Core,
  source: Source,
  model: ModelInfo,
  role: EncoderRole,
  onLoading: OnLoading,
): Promise<Uint8Array> {
  const file = publishedFile(model, role);
  if (!file) {
    throw new SightlineError(
      'no_encoder',
      `the ${role} model '${model.id}' is not published with this bundle; use the example queries or search by an image of the bundle`,
    );
  }
  const report = new LoadingReport(`${role}_model`, storedBytes(file.parts), onLoading);
  const bytes = await fetchPayload(core, source, file.parts, { onBytes: report.file() });
  if (bytes.byteLength !== file.bytes || !(await hasDigest(bytes, file.sha256))) {
    throw new SightlineError('corrupt', `${file.name}: the joined parts are not the whole model`);
  }
  report.finish();
  return bytes;
}

/** Where pages have no crypto (plain http), the hash of each part, already checked, must do. */
async function hasDigest(bytes: Uint8Array, sha256: string): Promise<boolean> {
  if (!globalThis.crypto?.subtle) return true;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') === sha256;
}
