import { EngineHost } from './engine_host.js';
import type { Request } from './protocol.js';

const worker = self as unknown as {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
};

const host = new EngineHost((message, transfer = []) => worker.postMessage(message, transfer));
worker.onmessage = ({ data }) => void host.handle(data);
