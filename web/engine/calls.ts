import { SightlineError, toSightlineError } from '../bundle/errors.js';
import type { Source } from '../bundle/source.js';
import type { Connection } from './connection.js';
import type { EarlyFetch, EarlyFetches } from '../core/early_files.js';
import type { CallType, Calls, ErrorMessage, Request, Response } from './protocol.js';
import type { LoadingProgress, SearchResult } from '../core/types.js';

interface Waiting {
  resolve: (value: never) => void;
  reject: (reason: unknown) => void;
  onPartial?: ((value: SearchResult) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Pairs calls with their answers over one connection. */
export class PendingCalls {
  private connection: Connection | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private failure: SightlineError | null = null;

  constructor(
    private readonly sources: Source[],
    private readonly onLoading: (progress: LoadingProgress) => void,
  ) {}

  use(connection: Connection): void {
    this.connection = connection;
    this.failure = null;
  }

  call<T extends CallType>(
    type: T,
    args: Calls[T]['args'],
    signal?: AbortSignal,
    onPartial?: (value: SearchResult) => void,
  ): Promise<Calls[T]['result']> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (!this.connection || this.failure) {
        throw this.failure ?? new SightlineError('closed', 'the engine was closed');
      }
      const id = this.nextId++;
      const cancel = () => {
        this.connection?.post({ id, type: 'cancel' });
        this.settle(id)?.reject(signal?.reason);
      };
      signal?.addEventListener('abort', cancel, { once: true });
      const done = () => signal?.removeEventListener('abort', cancel);
      this.waiting.set(id, {
        resolve: (value) => (done(), resolve(value)),
        reject: (reason) => (done(), reject(reason as Error)),
        onPartial,
      });
      this.connection.post({ id, type, args } as Request);
    });
  }

  /** Sends what was fetched early as it arrives. */
  sendEarly(fetches: EarlyFetches): void {
    for (const [url, fetched] of fetches) {
      const send = ({ file, next = new Map() }: EarlyFetch) => {
        this.connection?.post({ id: 0, type: 'early', url, file, next: [...next.keys()] });
        this.sendEarly(next);
      };
      void fetched.then(send, () => send({ file: null }));
    }
  }

  receive(message: Response): void {
    switch (message.type) {
      case 'progress':
        return this.onLoading(message.progress);
      case 'partial':
        return this.waiting.get(message.id)?.onPartial?.(message.value);
      case 'result':
        return this.settle(message.id)?.resolve(message.value as never);
      case 'error':
        return this.settle(message.id)?.reject(fromMessage(message.error));
      case 'sourceGet':
        return void this.serveSource(message);
    }
  }

  fail(error: SightlineError): void {
    this.failure = error;
    for (const id of [...this.waiting.keys()]) this.settle(id)?.reject(error);
  }

  close(): void {
    this.connection?.close();
    this.connection = null;
    this.fail(new SightlineError('closed', 'the engine was closed'));
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }

  private async serveSource(message: Extract<Response, { type: 'sourceGet' }>): Promise<void> {
    const { id, index, name, expectedBytes, reload } = message;
    try {
      const bytes = await this.sources[index]!.get(name, { expectedBytes, reload });
      this.connection?.post({ id, type: 'sourceBytes', bytes });
    } catch (error) {
      const { code, message: text } = toSightlineError(error);
      this.connection?.post({ id, type: 'sourceError', error: { code, message: text } });
    }
  }
}

function fromMessage({ code, message }: ErrorMessage): Error {
  if (code === 'aborted') return new DOMException(message, 'AbortError');
  return new SightlineError(code, message);
}
