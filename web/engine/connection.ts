import { SightlineError } from '../bundle/errors.js';
import { workerName } from './protocol.js';
import type { Request, Response } from './protocol.js';

declare const WORKER_FILE: string;

/** A way to an engine: a worker, or the same messages within the page. */
export interface Connection {
  post(request: Request): void;
  close(): void;
}

interface Listener {
  onMessage: (message: Response) => void;
  /** The engine is gone; nothing more will come. */
  onFailure: (error: SightlineError) => void;
}

export function canUseWorker(): boolean {
  return 'Worker' in globalThis && 'document' in globalThis;
}

export function connectWorker({ onMessage, onFailure }: Listener): Connection {
  const worker = new Worker(new URL(WORKER_FILE, import.meta.url), {
    type: 'module',
    name: workerName,
  });
  worker.onmessage = ({ data }: MessageEvent<Response>) => onMessage(data);
  worker.onerror = (event) => {
    event.preventDefault();
    const reason = event.message || 'its script could not be loaded';
    onFailure(new SightlineError('internal', `the search worker failed: ${reason}; reload`));
  };
  return { post: (request) => worker.postMessage(request), close: () => worker.terminate() };
}

/** Where there are no workers, or the page's rules forbid them: searches then block the page. */
export async function connectHere({ onMessage }: Listener): Promise<Connection> {
  const { EngineHost } = await import('./engine_worker.js');
  const host = new EngineHost((message) => queueMicrotask(() => onMessage(message)));
  return { post: (request) => void host.handle(request), close: () => host.close() };
}
