// Ours: the core's WebAssembly module over a published bundle. One that is loaded whole is searched by its
// graph. Of a paged one every cell is loaded at the start, as the engine fetches them ahead, and the
// pieces of the rows that a search refines before it is timed: a visitor who has asked before.

const readJson = (bytes) => JSON.parse(new TextDecoder().decode(bytes));
const graphEfforts = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024];
// As the engine asks, what is in memory searched besides; and every row refined.
const pagedEfforts = ['auto', 'exact'];

async function openSearcher(core, fetchObject) {
  const { root } = readJson(await fetchObject('manifest.json'));
  const { sha256, stored_bytes: storedBytes, raw_bytes: rawBytes, compression } = root;
  const name = `objects/${sha256.slice(0, 2)}/${sha256}.root`;
  return core.Searcher.open(
    { name, kind: 1, compression: compression === 'zstd' ? 1 : 0, storedBytes, rawBytes, sha256 },
    await fetchObject(name),
  );
}

export async function load() {
  const { default: createCore } = await import('/core/sightline_core.mjs');
  const wasmBinary = await (await fetch('/core/sightline_core.wasm')).arrayBuffer();
  const core = await createCore({ wasmBinary });
  return {
    async open({ bundle }) {
      const fetchObject = async (name) =>
        new Uint8Array(await (await fetch(`${bundle}${name}`)).arrayBuffer());
      const searcher = await openSearcher(core, fetchObject);
      const pieces = new Map();
      // Several at a time, as a browser asks for them.
      const add = async (refs) => {
        const waiting = [...refs];
        const fetchOne = async () => {
          for (let ref = waiting.pop(); ref; ref = waiting.pop()) {
            const bytes = await fetchObject(ref.name);
            searcher.addObject(ref, bytes);
            pieces.set(ref.name, bytes);
          }
        };
        await Promise.all(Array.from({ length: 6 }, fetchOne));
      };
      await add(searcher.missingObjects('search'));
      const isPaged = searcher.isPaged();
      searcher.searchResidentCells();
      if (isPaged) await add(searcher.missingCells());
      pieces.clear();
      const ask = (query, k, effort) =>
        searcher.ask(query, {
          ...{ kind: 'text', filters: [], excludedImage: null, familiarity: 1, k },
          path: isPaged ? effort : 'hnsw',
          efSearch: typeof effort === 'number' ? effort : 50,
        });
      const search = (...asked) => {
        const running = ask(...asked);
        const hits = running.step(false);
        running.delete();
        return hits;
      };
      if (!isPaged) {
        return { efforts: graphEfforts, search, rowsOf: ({ images }) => images };
      }
      // The image ids of the bundle are row numbers.
      const rows = new Map();
      const rowOfImage = (image) => {
        if (!rows.has(image)) {
          const { piece, position } = searcher.findRecord(image);
          const records = core.readRecords(piece, core.unpackObject(piece, pieces.get(piece.name)));
          rows.set(image, Number(records[position].imageId));
        }
        return rows.get(image);
      };
      return {
        efforts: pagedEfforts,
        search,
        rowsOf: ({ images }) => Array.from(images, rowOfImage),
        async prepare(...asked) {
          const running = ask(...asked);
          for (let hits = running.step(false); hits.missing.length > 0;) {
            await add(hits.missing);
            hits = running.step(false);
          }
          running.delete();
        },
      };
    },
  };
}
