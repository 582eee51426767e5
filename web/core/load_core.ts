import createCore from 'sightline-core';
import { SightlineError } from '../bundle/errors.js';
import { coreWasmUrl, readAsset } from './asset_files.js';
import type { Core } from './core_types.js';
import type { EarlyFiles } from './early_files.js';

/** Starts the WebAssembly core; of one that the page has compiled already only an instance is made. */
export async function loadCore(early: EarlyFiles): Promise<Core> {
  const compiled = await early.module(coreWasmUrl().href);
  const wasmBinary = compiled ? null : await readAsset(coreWasmUrl());
  try {
    return await (compiled ? startCompiled(compiled) : createCore({ wasmBinary: wasmBinary! }));
  } catch (error) {
    throw new SightlineError(
      'unsupported',
      `this browser cannot run the search core (WebAssembly with SIMD and exceptions): ${String(error)}; use a newer browser`,
    );
  }
}

/** What the glue catches would leave its promise open for ever. */
function startCompiled(module: WebAssembly.Module): Promise<Core> {
  return new Promise((resolve, reject) => {
    createCore({
      instantiateWasm(imports, receive) {
        try {
          const instance = new WebAssembly.Instance(module, imports);
          receive(instance, module);
          return instance.exports;
        } catch (error) {
          reject(error as Error);
          return {};
        }
      },
    }).then(resolve, reject);
  });
}
