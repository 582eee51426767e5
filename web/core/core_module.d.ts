declare module 'sightline-core' {
  import type { Core } from './core_types.js';

  type Start =
    | { wasmBinary: Uint8Array }
    | {
        instantiateWasm(
          imports: WebAssembly.Imports,
          receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
        ): WebAssembly.Exports;
      };
  export default function createCore(module: Start): Promise<Core>;
}
