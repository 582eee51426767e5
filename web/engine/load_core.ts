import createCore from 'sightline-core';
import { SightlineError } from '../bundle/errors.js';
import { coreWasmUrl, readAsset } from './asset_files.js';
import type { Core } from './core_types.js';

/** Starts the WebAssembly core. */
export async function loadCore(): Promise<Core> {
  const wasmBinary = await readAsset(coreWasmUrl());
  try {
    return await createCore({ wasmBinary });
  } catch (error) {
    throw new SightlineError(
      'unsupported',
      `this browser cannot run the search core (WebAssembly with SIMD and exceptions): ${String(error)}; use a newer browser`,
    );
  }
}
