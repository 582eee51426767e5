// No library and no index: the float16 vectors are fetched whole and compared with the query one by one.
import { fetchNpy } from './page_vectors.js';

export async function load() {
  return {
    async open() {
      const { rows, dim, values } = await fetchNpy('/data/base.npy');
      const scores = new Float32Array(rows);
      return {
        efforts: ['every row'],
        search(query, k) {
          for (let row = 0, at = 0; row < rows; ++row) {
            let sum = 0;
            for (let i = 0; i < dim; ++i) sum += query[i] * values[at++];
            scores[row] = sum;
          }
          const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
          return [...order.subarray(0, k)];
        },
      };
    },
  };
}
