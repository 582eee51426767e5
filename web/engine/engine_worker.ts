import { EngineHost } from './engine_host.js';
import { workerName } from './protocol.js';
import type { Request } from './protocol.js';

// One file is both the worker and, where there can be none, the engine beside the page.
export { EngineHost };

interface WorkerScope {
  readonly name?: string;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

const scope = globalThis as unknown as WorkerScope;
if (!('document' in globalThis) && scope.name === workerName) {
  const host = new EngineHost((message, transfer = []) => scope.postMessage(message, transfer));
  scope.onmessage = ({ data }) => void host.handle(data);
}
