/** A file that the page began to fetch before its worker was there: the core comes compiled. */
export type EarlyFile = Uint8Array | WebAssembly.Module;

/** A fetch of the page's, null where it failed, and those that it led to. */
export interface EarlyFetch {
  file: EarlyFile | null;
  next?: EarlyFetches;
}
/** By address. */
export type EarlyFetches = ReadonlyMap<string, Promise<EarlyFetch>>;

/** What the page has promised to send, by address; whoever asks for a file takes it. */
export class EarlyFiles {
  private readonly files = new Map<string, Promise<EarlyFile | null>>();
  private readonly settle = new Map<string, (file: EarlyFile | null) => void>();

  expect(urls: string[]): void {
    for (const url of urls) {
      this.files.set(url, new Promise((resolve) => this.settle.set(url, resolve)));
    }
  }

  /** null: the page failed, and the file is to be fetched as any other. */
  receive(url: string, file: EarlyFile | null, next: string[]): void {
    this.expect(next);
    this.settle.get(url)?.(file);
    this.settle.delete(url);
  }

  async bytes(url: string): Promise<Uint8Array | null> {
    const file = await this.take(url);
    return file instanceof Uint8Array ? file : null;
  }

  async module(url: string): Promise<WebAssembly.Module | null> {
    const file = await this.take(url);
    return file instanceof WebAssembly.Module ? file : null;
  }

  private take(url: string): Promise<EarlyFile | null> | null {
    const file = this.files.get(url) ?? null;
    this.files.delete(url);
    return file;
  }
}
