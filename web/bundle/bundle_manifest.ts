import { SightlineError } from './errors.js';
import { manifestName } from './source.js';
import type { Source } from './source.js';
import type { ObjectRef } from './object_ref.js';

/** The newest format this build reads. */
export const formatMajor = 1;

const rootKind = 1;
const compressions = ['none', 'zstd'];
const maxObjectBytes = 16 << 20;

export interface BundleManifest {
  root: ObjectRef;
  /** As fetched. */
  bytes: Uint8Array;
}

interface ManifestFile {
  format?: unknown;
  major?: unknown;
  minor?: unknown;
  root?: Record<string, unknown>;
}

/** Reads `manifest.json`, the one file of a bundle that is not content-addressed. */
export async function fetchManifest(source: Source, signal?: AbortSignal): Promise<BundleManifest> {
  const bytes = await source.get(manifestName, { signal });
  return { root: parseManifest(bytes), bytes };
}

/** The root that a manifest names. Fails with `corrupt` or `unsupported`. */
export function parseManifest(bytes: Uint8Array): ObjectRef {
  let manifest: ManifestFile | null = null;
  try {
    manifest = JSON.parse(new TextDecoder().decode(bytes)) as ManifestFile | null;
  } catch {
    // Told below, as any other content that is no manifest.
  }
  if (manifest?.format !== 'sightline-bundle') {
    throw new SightlineError(
      'corrupt',
      `${manifestName}: this is no Sightline manifest; is the address right?`,
    );
  }
  if (manifest.major !== formatMajor) {
    throw new SightlineError(
      'unsupported',
      `${manifestName}: format version ${String(manifest.major)}.${String(manifest.minor)}, this page reads version ${formatMajor}; reload the page or use a newer Sightline`,
    );
  }
  const root = manifest.root ?? {};
  const { stored_bytes: storedBytes, raw_bytes: rawBytes, sha256 } = root;
  const compression = compressions.indexOf(String(root['compression']));
  if (!isSize(storedBytes) || !isSize(rawBytes) || !isDigest(sha256) || compression < 0) {
    throw new SightlineError(
      'corrupt',
      `${manifestName}: 'root' lacks a valid compression, size or sha256`,
    );
  }
  const name = `objects/${sha256.slice(0, 2)}/${sha256}.root`;
  return { name, kind: rootKind, compression, storedBytes, rawBytes, sha256 };
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= maxObjectBytes;
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}
