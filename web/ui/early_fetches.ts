import { parseManifest } from '../bundle/bundle_manifest.js';
import { fetchBytes } from '../bundle/fetch_bytes.js';
import { manifestName } from '../bundle/source.js';
import { coreWasmUrl } from '../core/asset_files.js';
import type { EarlyFetch, EarlyFetches } from '../core/early_files.js';

/**
 * What the engine needs first, fetched while its own script is still on its way: the core, compiled
 * as it arrives, the manifest and then the root. What fails here the engine fetches again, and tells.
 */
export function fetchEarly(bundle: URL): EarlyFetches {
  const core = coreWasmUrl().href;
  return new Map([
    [core, compile(core)],
    [new URL(manifestName, bundle).href, fetchManifestAndRoot(bundle)],
  ]);
}

async function fetchManifestAndRoot(bundle: URL): Promise<EarlyFetch> {
  const manifest = await fetchFile(new URL(manifestName, bundle), 'no-cache');
  if (!manifest.file) return manifest;
  const root = new URL(parseManifest(manifest.file).name, bundle);
  return { ...manifest, next: new Map([[root.href, fetchFile(root, 'default')]]) };
}

async function fetchFile(url: URL, cache: RequestCache) {
  const result = await fetchBytes(fetch, url.href, { cache });
  return { file: 'bytes' in result ? result.bytes : null };
}

async function compile(url: string): Promise<EarlyFetch> {
  const response = await fetch(url);
  if (!response.ok) return { file: null };
  // Hosts that do not know the type are common, and then the browser refuses to stream.
  const isTyped = response.headers.get('content-type')?.startsWith('application/wasm');
  const file = isTyped
    ? await WebAssembly.compileStreaming(response)
    : await WebAssembly.compile(await response.arrayBuffer());
  return { file };
}
