/**
 * Makes the page itself start without network. The bundle's files are none of its business: the
 * engine keeps and checks those. Files of the shell but index.html carry their hash in the name,
 * so that any copy is the right one, and a page of the last version keeps its own.
 */

// The build fills these in.
declare const SHELL_VERSION: string;
declare const SHELL_FILES: string[];

interface WorkerEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface FetchEvent extends WorkerEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

interface WorkerScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: WorkerEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
}

const scope = self as unknown as WorkerScope;
const base = scope.registration.scope;
const prefix = `sightline-shell ${base} `;
const patienceMs = 4000;
const keptVersions = 2;

scope.addEventListener('install', (event) => event.waitUntil(install()));
scope.addEventListener('activate', (event) => event.waitUntil(activate()));
scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(base)) return;
  const path = new URL(request.url).pathname.slice(new URL(base).pathname.length);
  if (request.mode === 'navigate' && (path === '' || path === 'index.html')) {
    event.respondWith(page(request));
  } else if (path.startsWith('assets/') || path === 'sightline.webmanifest') {
    event.respondWith(asset(request));
  }
});

/** All or nothing: a version is used only when every file of it is here. */
async function install(): Promise<void> {
  const cache = await caches.open(prefix + SHELL_VERSION);
  await Promise.all(
    SHELL_FILES.map(async (file) => {
      const url = new URL(file, base).href;
      const response = await fetch(url, { cache: file === './' ? 'no-cache' : 'default' });
      if (!response.ok) throw new Error(`${file}: status ${response.status}`);
      await cache.put(url, await unredirected(response));
    }),
  );
  await scope.skipWaiting();
}

/** Pages that are open stay on their version; the one before this one is kept for them. */
async function activate(): Promise<void> {
  const own = (await caches.keys()).filter((name) => name.startsWith(prefix));
  await Promise.all(own.slice(0, -keptVersions).map((name) => caches.delete(name)));
  await scope.clients.claim();
}

/** The newest page, so that a reload is what brings a new version; the kept one otherwise. */
async function page(request: Request): Promise<Response> {
  const kept = await (await caches.open(prefix + SHELL_VERSION)).match(new URL('./', base).href);
  if (!kept) return fetch(request);
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(kept), patienceMs));
  const fresh = fetch(request, { cache: 'no-cache' }).then(
    (response) => (response.ok ? response : kept),
    () => kept,
  );
  return Promise.race([fresh, late]);
}

async function asset(request: Request): Promise<Response> {
  const kept = await caches.match(request.url).catch(() => undefined);
  return kept ?? fetch(request);
}

/** A navigation must not be answered with a response that followed a redirect. */
async function unredirected(response: Response): Promise<Response> {
  if (!response.redirected) return response;
  return new Response(await response.blob(), { headers: response.headers });
}
