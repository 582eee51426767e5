import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SightlineError } from './errors.js';
import type { GetOptions, Source } from './source.js';

/** A bundle in a folder of this machine, for Node. */
export class FileSource implements Source {
  readonly name: string;

  constructor(private readonly folder: string) {
    this.name = folder;
  }

  async get(
    name: string,
    { signal, expectedBytes, onBytes }: GetOptions = {},
  ): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const bytes = await readFile(join(this.folder, name)).catch((error: NodeJS.ErrnoException) => {
      const code = error.code === 'ENOENT' ? 'not_found' : 'io';
      throw new SightlineError(code, `${join(this.folder, name)}: ${error.message}`);
    });
    if (expectedBytes !== undefined && bytes.byteLength !== expectedBytes) {
      throw new SightlineError(
        'corrupt',
        `${name}: found ${bytes.byteLength} bytes, expected ${expectedBytes}; build the bundle again`,
      );
    }
    onBytes?.(bytes.byteLength);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
