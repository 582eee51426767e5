import { SightlineError, isAbort, toSightlineError } from '../bundle/errors.js';
import { HttpSource } from '../bundle/http_source.js';
import { findBundle } from '../bundle/find_bundle.js';
import type { CachePolicy } from '../bundle/http_source.js';
import type { GetOptions, Source } from '../bundle/source.js';
import { EarlyFiles } from '../core/early_files.js';
import { Engine } from './engine.js';
import { protocolVersion } from './protocol.js';
import type { Request, Response, SourceSpec } from './protocol.js';

type Call = Extract<Request, { args: unknown }>;

/** Answers the messages of one page, in a worker or beside it. */
export class EngineHost {
  private readonly engine: Engine;
  private readonly early = new EarlyFiles();
  private readonly running = new Map<number, AbortController>();
  private readonly sourceGets = new Map<number, PromiseWithResolvers<Uint8Array>>();
  private nextSourceGet = 1;

  constructor(private readonly post: (message: Response, transfer?: ArrayBuffer[]) => void) {
    this.engine = new Engine((progress) => post({ id: 0, type: 'progress', progress }), this.early);
  }

  async handle(request: Request): Promise<void> {
    const { id } = request;
    switch (request.type) {
      case 'cancel':
        return this.running.get(id)?.abort();
      case 'early':
        return this.early.receive(request.url, request.file, request.next);
      case 'sourceBytes':
        return this.sourceGets.get(id)?.resolve(request.bytes);
      case 'sourceError': {
        const { code, message } = request.error;
        const known = code === 'aborted' ? 'network' : code;
        return this.sourceGets.get(id)?.reject(new SightlineError(known, message));
      }
    }
    const controller = new AbortController();
    this.running.set(id, controller);
    try {
      const value = await this.call(request, controller.signal);
      const bytes = request.type === 'thumbnail' ? (value as Uint8Array) : null;
      this.post({ id, type: 'result', value }, bytes ? [bytes.buffer as ArrayBuffer] : []);
    } catch (error) {
      const { code, message } = toSightlineError(error);
      this.post({
        id,
        type: 'error',
        error: { code: isAbort(error) ? 'aborted' : code, message },
      });
    } finally {
      this.running.delete(id);
    }
  }

  close(): void {
    for (const controller of this.running.values()) controller.abort();
    this.engine.close();
  }

  private call(request: Call, signal: AbortSignal): Promise<unknown> {
    const { engine } = this;
    switch (request.type) {
      case 'open': {
        const { version, sources, cache, encoder, prefetch, early } = request.args;
        if (version !== protocolVersion) {
          const found = `protocol version ${version}, this worker speaks ${protocolVersion}`;
          throw new SightlineError('unsupported', `${found}; reload the page`);
        }
        this.early.expect(early);
        return engine.open(
          sources.map((spec) => this.openSource(spec, cache)),
          { encoder, prefetch },
        );
      }
      case 'ready':
        return engine.ready();
      case 'search':
        return engine.search(request.args, signal, (value) =>
          this.post({ id: request.id, type: 'partial', value }),
        );
      case 'embed':
        return engine.embed(request.args.query, signal);
      case 'facets':
        return engine.facets(request.args.filter);
      case 'get':
        return engine.get(request.args.imageIds);
      case 'sequence':
        return engine.sequence(request.args.imageId, request.args.before, request.args.after);
      case 'thumbnail':
        return engine.thumbnail(request.args.thumbnail, signal);
      case 'suggest':
        return engine.suggest(request.args.text, request.args.count);
      case 'warm':
        return engine.warm(request.args.encoder);
      case 'downloadState':
        return engine.downloadState();
      case 'download':
        return engine.download(signal);
      case 'forget':
        return engine.forget();
      case 'stats':
        return Promise.resolve(engine.stats());
    }
  }

  private async openSource(spec: SourceSpec, cache: CachePolicy): Promise<Source> {
    if (spec.kind === 'remote') return this.remoteSource(spec.index, spec.name);
    const early = (url: string) => this.early.bytes(url);
    return findBundle(spec.url, (url) => new HttpSource(url, { cache, early }));
  }

  /** A Source that lives on the page's side. */
  private remoteSource(index: number, sourceName: string): Source {
    const get = (name: string, options: GetOptions = {}): Promise<Uint8Array> => {
      const id = this.nextSourceGet++;
      const waiting = promiseWithResolvers<Uint8Array>();
      this.sourceGets.set(id, waiting);
      const { expectedBytes, reload = false } = options;
      this.post({ id, type: 'sourceGet', index, name, expectedBytes, reload });
      return waiting.promise.finally(() => this.sourceGets.delete(id));
    };
    return { name: sourceName, get };
  }
}

interface PromiseWithResolvers<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: Error) => void;
}

function promiseWithResolvers<T>(): PromiseWithResolvers<T> {
  const result = {} as PromiseWithResolvers<T>;
  result.promise = new Promise<T>((resolve, reject) => Object.assign(result, { resolve, reject }));
  return result;
}
