// Ours: the core's WebAssembly module over a published bundle, resident.
export async function load() {
  const { default: createCore } = await import('/core/sightline_core.mjs');
  const wasmBinary = await (await fetch('/core/sightline_core.wasm')).arrayBuffer();
  const core = await createCore({ wasmBinary });
  const fetchObject = async (name) =>
    new Uint8Array(await (await fetch(`/bundle/${name}`)).arrayBuffer());
  return {
    async open({ path = 'hnsw' }) {
      const { root } = JSON.parse(new TextDecoder().decode(await fetchObject('manifest.json')));
      const name = `objects/${root.sha256.slice(0, 2)}/${root.sha256}.root`;
      const rootRef = {
        name,
        kind: 1,
        compression: root.compression === 'zstd' ? 1 : 0,
        storedBytes: root.stored_bytes,
        rawBytes: root.raw_bytes,
        sha256: root.sha256,
      };
      const searcher = core.Searcher.open(rootRef, await fetchObject(name));
      for (const ref of searcher.missingObjects()) {
        searcher.addObject(ref, await fetchObject(ref.name));
      }
      return {
        efforts: [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024],
        search: (query, k, efSearch) =>
          searcher.search(query, {
            ...{ kind: 'text', path, k, efSearch },
            ...{ filters: [], excludedImage: null },
          }).images,
      };
    },
  };
}
