// EdgeVec: the graph is built in the page, and what it explores in a search is fixed when it is made;
// a scan of its binary codes with rescoring is its other way to search, by a factor.
import { addRows, fetchNpy } from './page_vectors.js';

const efSearch = 256;

export async function load() {
  const { default: start, EdgeVec, EdgeVecConfig } = await import('/peers/edgevec/edgevec.js');
  await start();
  return {
    async open({ limitS }) {
      const base = await fetchNpy('/data/base.npy');
      const began = performance.now();
      const config = new EdgeVecConfig(base.dim);
      // By 'dot' and 'cosine' version 0.9.0 returns the farthest; unit vectors rank alike by 'l2'.
      config.metric = 'l2';
      config.m = 16;
      config.m0 = 32;
      config.ef_construction = 200;
      config.ef_search = efSearch;
      const index = new EdgeVec(config);
      const rowsById = new Map();
      addRows(base, limitS, (row, vector) => rowsById.set(index.insert(vector), row));
      index.enableBQ();
      const graph = `graph, efSearch ${efSearch}`;
      const rescored = [5, 10, 20, 50, 100]
        .filter(() => index.hasBQ())
        .map((factor) => `binary, rescored ${factor} ×`);
      return {
        buildMs: performance.now() - began,
        efforts: [graph, ...rescored],
        search(query, k, effort) {
          const found =
            effort === graph
              ? index.search(query, k)
              : index.searchBQRescored(query, k, Number(/\d+/.exec(effort)[0]));
          return found.map(({ id }) => rowsById.get(id));
        },
      };
    },
  };
}
