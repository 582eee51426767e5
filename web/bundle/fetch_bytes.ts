import type { ErrorCode } from './errors.js';
import type { GetOptions } from './source.js';

export type FetchResult = { bytes: Uint8Array } | FetchFailure;

export interface FetchFailure {
  code: ErrorCode;
  problem: string;
  /** Whether another attempt may go better. */
  mayRecover: boolean;
  retryAfterMs?: number;
}

const silenceMs = 20_000;
const maxBytes = 32 << 20;

/** One attempt at one file. Rejects only when the caller's signal aborts. */
export async function fetchBytes(
  fetchFunction: typeof fetch,
  url: string,
  options: GetOptions & { cache: RequestCache; priority?: RequestPriority },
): Promise<FetchResult> {
  const silence = new AbortController();
  const watch = new Watchdog(silence);
  const forward = () => silence.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', forward, { once: true });
  try {
    const { cache, priority = 'auto' } = options;
    const response = await fetchFunction(url, { cache, priority, signal: silence.signal });
    if (!response.ok) return refusal(response);
    return await readBody(response, options, watch);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (watch.barked) {
      return lost(`the host sent nothing for ${silenceMs / 1000} s; check the connection`);
    }
    return lost(`the host could not be reached (${messageOf(error)}); check the connection`);
  } finally {
    watch.stop();
    options.signal?.removeEventListener('abort', forward);
  }
}

async function readBody(
  response: Response,
  { expectedBytes, onBytes }: GetOptions,
  watch: Watchdog,
): Promise<FetchResult> {
  const limit = expectedBytes ?? maxBytes;
  const pieces: Uint8Array[] = [];
  let loaded = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const piece = await reader?.read();
    if (!piece || piece.done) break;
    watch.reset();
    loaded += piece.value.byteLength;
    if (loaded > limit) {
      void reader?.cancel().catch(() => undefined);
      return wrongSize(response, `more than ${limit} bytes`, expectedBytes);
    }
    pieces.push(piece.value);
    onBytes?.(loaded);
  }
  if (expectedBytes !== undefined && loaded !== expectedBytes) {
    return wrongSize(response, `${loaded} bytes`, expectedBytes);
  }
  return { bytes: join(pieces, loaded) };
}

function join(pieces: Uint8Array[], byteCount: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const bytes = new Uint8Array(byteCount);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.byteLength;
  }
  return bytes;
}

function refusal(response: Response): FetchFailure {
  const status = response.status;
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  void response.body?.cancel().catch(() => undefined);
  const missing = status === 404 || status === 410;
  return {
    code: missing ? 'not_found' : 'network',
    problem: missing
      ? `not on the host (status ${status}); was the whole bundle published?`
      : `the host answered with status ${status}`,
    mayRecover: status >= 500 || status === 408 || status === 429,
    ...(Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {}),
  };
}

function wrongSize(response: Response, found: string, expected?: number): FetchFailure {
  const type = response.headers.get('content-type') ?? 'no type';
  return {
    code: 'corrupt',
    problem: `found ${found}, expected ${expected ?? `at most ${maxBytes}`} (${type}); publish the bundle again or reload`,
    mayRecover: true,
  };
}

function lost(problem: string): FetchFailure {
  const offline = 'navigator' in globalThis && globalThis.navigator.onLine === false;
  return { code: offline ? 'offline' : 'network', problem, mayRecover: !offline };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Aborts when nothing was heard for a while. */
class Watchdog {
  barked = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly controller: AbortController) {
    this.reset();
  }

  reset(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.barked = true;
      this.controller.abort();
    }, silenceMs);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
