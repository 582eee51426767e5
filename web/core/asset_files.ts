import { SightlineError } from '../bundle/errors.js';
import { fetchBytes } from '../bundle/fetch_bytes.js';
import { FileCache } from '../bundle/file_cache.js';
import type { GetOptions } from '../bundle/source.js';

// Names of the built files beside this one; the build fills them in.
declare const CORE_WASM_FILE: string;
declare const ORT_WASM_FILE: string;
declare const ORT_GLUE_FILE: string;

export const coreWasmUrl = (): URL => new URL(CORE_WASM_FILE, import.meta.url);
export const ortWasmUrl = (): URL => new URL(ORT_WASM_FILE, import.meta.url);
export const ortGlueUrl = (): URL => new URL(ORT_GLUE_FILE, import.meta.url);

const files = new FileCache();

/** The bytes of a file of the package. `keep`: in the Cache API, for a time without network. */
export async function readAsset(
  url: URL,
  { keep = false, ...options }: GetOptions & { keep?: boolean } = {},
): Promise<Uint8Array> {
  if (url.protocol === 'file:') return readFileOf(url);
  const kept = keep ? await files.read(url.href) : null;
  if (kept) return kept;
  const result = await fetchBytes(fetch, url.href, { ...options, cache: 'default' });
  if (!('bytes' in result)) {
    const name = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
    throw new SightlineError(result.code, `${name}: ${result.problem}`);
  }
  if (keep) void files.write(url.href, result.bytes);
  return result.bytes;
}

export function forgetAsset(url: URL): Promise<void> {
  return files.remove([url.href]);
}

/** In Node the package lies in a folder. No import, so that bundlers for browsers see none. */
async function readFileOf(url: URL): Promise<Uint8Array> {
  const { readFile } = process.getBuiltinModule('node:fs/promises');
  return readFile(url);
}
