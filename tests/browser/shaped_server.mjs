// A static host behind a line of its own: every request takes a round trip and all answers share the
// bandwidth. Text files are compressed once, as a host would.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const pieceBytes = 16 << 10;
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};
const compressible = new Set(Object.keys(types));

// Milliseconds since 1970, so that they compare with those of a page.
const now = () => performance.timeOrigin + performance.now();
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// roots: {'/': folder, '/data/': another, ...}, the longest prefix wins; a Buffer is served itself.
// Returns {address, requests, stop}; requests: [{path, bytes, beganMs, endedMs}], in order of asking.
export async function startShapedServer({
  roots,
  roundTripMs = 0,
  bitsPerSecond = Infinity,
  headers = {},
}) {
  const bytesPerMs = bitsPerSecond / 8 / 1000;
  const prefixes = Object.keys(roots).sort((a, b) => b.length - a.length);
  const requests = [];
  const compressed = new Map();
  let lineFreeAt = 0;

  // {body, encoding}, or null where there is no such file.
  async function answerTo(path) {
    const prefix = prefixes.find((one) => path.startsWith(one));
    if (prefix === undefined) return null;
    if (Buffer.isBuffer(roots[prefix])) return { body: roots[prefix], encoding: {} };
    const file = join(roots[prefix], path.slice(prefix.length));
    const zip = compressible.has(extname(file));
    const body = compressed.get(file) ?? (await readFile(file).catch(() => null));
    if (!body || !zip) return body && { body, encoding: {} };
    if (!compressed.has(file)) compressed.set(file, gzipSync(body));
    return { body: compressed.get(file), encoding: { 'content-encoding': 'gzip' } };
  }

  const server = createServer(async (request, response) => {
    const asked = decodeURIComponent(new URL(request.url, 'http://host').pathname);
    const path = asked.endsWith('/') ? `${asked}index.html` : asked;
    const entry = { path, bytes: 0, beganMs: now(), endedMs: Infinity };
    requests.push(entry);
    if (roundTripMs > 0) await wait(roundTripMs);
    const answer = await answerTo(path);
    if (!answer) {
      entry.endedMs = now();
      return response.writeHead(404, headers).end();
    }
    const { body, encoding } = answer;
    entry.bytes = body.byteLength;
    const type = types[extname(path)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, ...encoding, ...headers });
    if (bytesPerMs === Infinity) response.write(body);
    else {
      for (let offset = 0; offset < body.byteLength; offset += pieceBytes) {
        const piece = body.subarray(offset, offset + pieceBytes);
        lineFreeAt = Math.max(lineFreeAt, performance.now()) + piece.byteLength / bytesPerMs;
        await wait(lineFreeAt - performance.now());
        response.write(piece);
      }
    }
    response.end();
    entry.endedMs = now();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://localhost:${server.address().port}/`,
    requests,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

// The longest chain of requests each of which was asked after the one before it had been answered.
export function dependentRoundTrips(requests) {
  const depths = [];
  requests.forEach((request, i) => {
    const before = requests
      .slice(0, i)
      .map((other, j) => (other.endedMs <= request.beganMs ? depths[j] : 0));
    depths.push(1 + Math.max(0, ...before));
  });
  return Math.max(0, ...depths);
}
