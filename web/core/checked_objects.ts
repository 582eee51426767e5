import { toSightlineError } from '../bundle/errors.js';
import type { GetOptions, Source } from '../bundle/source.js';
import type { ObjectRef } from '../bundle/object_ref.js';
import type { Core } from './core_types.js';

/**
 * Fetches an object and hands its stored bytes to a reader that checks them. When they are wrong,
 * caches are passed over once: a browser or a host in between may hold another file's bytes.
 */
export async function fetchChecked<T>(
  source: Source,
  ref: ObjectRef,
  read: (stored: Uint8Array) => T | Promise<T>,
  options: GetOptions = {},
): Promise<T> {
  const get = (reload: boolean) =>
    source.get(ref.name, { ...options, expectedBytes: ref.storedBytes, reload });
  try {
    return await read(await get(false));
  } catch (error) {
    if (toSightlineError(error).code !== 'corrupt') throw error;
  }
  return read(await get(true));
}

/** The raw bytes of a payload, joined from its parts. `onBytes` counts stored bytes of all. */
export async function fetchPayload(
  core: Core,
  source: Source,
  parts: ObjectRef[],
  { signal, onBytes }: GetOptions = {},
): Promise<Uint8Array> {
  const loaded = parts.map(() => 0);
  const raw = await Promise.all(
    parts.map((ref, index) =>
      fetchChecked(source, ref, (stored) => core.unpackObject(ref, stored), {
        signal,
        onBytes: (bytes) => {
          loaded[index] = bytes;
          onBytes?.(loaded.reduce((sum, count) => sum + count, 0));
        },
      }),
    ),
  );
  if (raw.length === 1) return raw[0]!;
  const payload = new Uint8Array(raw.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of raw) {
    payload.set(part, offset);
    offset += part.byteLength;
  }
  return payload;
}

export function storedBytes(parts: ObjectRef[]): number {
  return parts.reduce((sum, ref) => sum + ref.storedBytes, 0);
}
