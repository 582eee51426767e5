declare module 'sightline-core' {
  import type { Core } from './core_types.js';

  export default function createCore(module: { wasmBinary: Uint8Array }): Promise<Core>;
}
