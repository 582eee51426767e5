// voy-search: a k-d tree built in the page from arrays of numbers; it has no parameter for recall.
import { fetchNpy, rowOf } from './page_vectors.js';

export async function load() {
  const glue = await import('/peers/voy-search/voy_search_bg.js');
  const { instance } = await WebAssembly.instantiateStreaming(
    fetch('/peers/voy-search/voy_search_bg.wasm'),
    { './voy_search_bg.js': glue },
  );
  glue.__wbg_set_wasm(instance.exports);
  return {
    async open() {
      const base = await fetchNpy('/data/base.npy');
      const began = performance.now();
      const resource = (first, end) => ({
        embeddings: Array.from({ length: end - first }, (_, i) => ({
          id: String(first + i),
          title: '',
          url: '',
          embeddings: [...rowOf(base, first + i)],
        })),
      });
      // In portions: all rows as arrays of numbers at once do not fit.
      const portion = 2000;
      const index = new glue.Voy(resource(0, Math.min(portion, base.rows)));
      for (let first = portion; first < base.rows; first += portion) {
        index.add(resource(first, Math.min(first + portion, base.rows)));
      }
      return {
        buildMs: performance.now() - began,
        efforts: ['none'],
        search: (query, k) => index.search(query, k).neighbors.map(({ id }) => Number(id)),
      };
    },
  };
}
