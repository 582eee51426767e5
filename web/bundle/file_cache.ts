const cacheName = 'sightline-files-1';

/**
 * Files in the browser's Cache API, by address. Where there is none, or the browser refuses to
 * store or has thrown things away, reads find nothing and writes do nothing.
 */
export class FileCache {
  private opened: Promise<Cache | null> | null = null;
  private hadFiles: Promise<boolean> | null = null;
  private readonly written = new Set<string>();

  async read(url: string, signal?: AbortSignal): Promise<Uint8Array | null> {
    try {
      // A first visit: nothing needs to be looked for on the disk.
      if (!this.written.has(url) && !(await this.mayHold())) return null;
      const response = await (await this.cache())?.match(url);
      if (!response) return null;
      return new Uint8Array(await response.arrayBuffer());
    } catch {
      signal?.throwIfAborted();
      this.opened = null;
      return null;
    }
  }

  /** The addresses of all files that begin so. */
  async urls(prefix: string): Promise<string[]> {
    try {
      const requests = (await (await this.cache())?.keys()) ?? [];
      return requests.map(({ url }) => url).filter((url) => url.startsWith(prefix));
    } catch {
      return [];
    }
  }

  /** Whether the copy was stored. */
  async write(url: string, bytes: Uint8Array): Promise<boolean> {
    try {
      const cache = await this.cache();
      await cache?.put(url, new Response(bytes as BodyInit));
      this.written.add(url);
      return cache !== null;
    } catch {
      return false;
    }
  }

  async remove(urls: string[]): Promise<void> {
    const cache = await this.cache();
    await Promise.all(urls.map((url) => cache?.delete(url)));
  }

  /** Whether there was such a cache before this page. */
  private mayHold(): Promise<boolean> {
    this.hadFiles ??= 'caches' in globalThis ? caches.has(cacheName) : Promise.resolve(false);
    return this.hadFiles;
  }

  private cache(): Promise<Cache | null> {
    this.opened ??= 'caches' in globalThis ? caches.open(cacheName) : Promise.resolve(null);
    return this.opened;
  }
}
