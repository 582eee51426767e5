// hnswlib-wasm: the index is built in the page; its own files do not come from elsewhere.
import { addRows, fetchNpy } from './page_vectors.js';

export async function load() {
  const { loadHnswlib } = await import('/peers/hnswlib-wasm/dist/hnswlib.js');
  const library = await loadHnswlib();
  return {
    async open({ limitS }) {
      const base = await fetchNpy('/data/base.npy');
      const began = performance.now();
      const index = new library.HierarchicalNSW('ip', base.dim, '');
      index.initIndex(base.rows, 16, 200, 100);
      addRows(base, limitS, (row, vector) => index.addPoint(vector, row, false));
      return {
        buildMs: performance.now() - began,
        efforts: [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048],
        search(query, k, efSearch) {
          index.setEfSearch(efSearch);
          return index.searchKnn(query, k, undefined).neighbors;
        },
      };
    },
  };
}
