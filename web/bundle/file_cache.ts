const cacheName = 'sightline-files-1';

/**
 * Files in the browser's Cache API, by address. Where there is none, or the browser refuses to
 * store or has thrown things away, reads find nothing and writes do nothing.
 */
export class FileCache {
  private opened: Promise<Cache | null> | null = null;

  async read(url: string, signal?: AbortSignal): Promise<Uint8Array | null> {
    try {
      const response = await (await this.cache())?.match(url);
      if (!response) return null;
      const bytes = new Uint8Array(await response.arrayBuffer());
      return bytes;
    } catch {
      signal?.throwIfAborted();
      this.opened = null;
      return null;
    }
  }

  async sizeOf(url: string): Promise<number | null> {
    try {
      const response = await (await this.cache())?.match(url);
      const size = response?.headers.get('content-length');
      return size ? Number(size) : null;
    } catch {
      return null;
    }
  }

  /** Whether the copy was stored. */
  async write(url: string, bytes: Uint8Array): Promise<boolean> {
    try {
      const cache = await this.cache();
      const headers = { 'content-length': String(bytes.byteLength) };
      await cache?.put(url, new Response(bytes as BodyInit, { headers }));
      return cache !== null;
    } catch {
      return false;
    }
  }

  /** Removes every file whose address begins so. */
  async removeAll(prefix: string): Promise<void> {
    const cache = await this.cache();
    const requests = (await cache?.keys()) ?? [];
    await Promise.all(
      requests.filter(({ url }) => url.startsWith(prefix)).map((request) => cache!.delete(request)),
    );
  }

  private cache(): Promise<Cache | null> {
    this.opened ??= 'caches' in globalThis ? caches.open(cacheName) : Promise.resolve(null);
    return this.opened;
  }
}
