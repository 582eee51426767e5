export interface GetOptions {
  signal?: AbortSignal | undefined;
  /** What the file must measure; a file of another size is refused. */
  expectedBytes?: number | undefined;
  /** Passes over caches: their copy turned out to be wrong. */
  reload?: boolean | undefined;
  /** Wanted soon, but behind everything that a visitor waits for; until this resolves. */
  later?: Promise<void> | undefined;
  /** Bytes received so far. */
  onBytes?: ((loadedBytes: number) => void) | undefined;
}

/**
 * Where the files of one bundle come from. Names are relative to the bundle: `manifest.json`,
 * `objects/ab/abcd….codes`. Bytes need not be trusted: whoever asks checks size and hash.
 */
export interface Source {
  /** For messages. */
  readonly name: string;
  /** The whole file. Fails with `not_found`, `corrupt` (size) or `network`. */
  get(name: string, options?: GetOptions): Promise<Uint8Array>;
  /** The address of a file for links and `<img>`, where it has one. */
  urlOf?(name: string): string | null;
  /** Keeps the file for a time without network; called once its bytes were found to be right. */
  keep?(name: string, bytes: Uint8Array): Promise<void>;
  /** The names of all files that are kept. */
  keptNames?(): Promise<Set<string>>;
  /** Forgets what was kept. */
  forget?(): Promise<void>;
}

export const manifestName = 'manifest.json';

/** The part of an object's name that says what it holds: "codes", "webp", "model". */
export function kindOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
