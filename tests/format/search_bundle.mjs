// Exact search by the integer rule of native/FORMAT.md, section 5, and the scale of section 4.3.

const roundHalfAway = (value) => Math.sign(value) * Math.floor(Math.abs(value) + 0.5);

function encodeQuery({ offset, step }, query) {
  const weights = query.map((value, i) => value * step[i]);
  const sizes = weights.map(Math.abs);
  const sum = sizes.reduce((total, size) => total + size, 0);
  const unit = Math.max(Math.max(...sizes) / 32_767, sum / (1_000_000 - query.length));
  return {
    bias: query.reduce((total, value, i) => total + value * offset[i], 0),
    scale: unit / 16,
    values: weights.map((weight) => (unit === 0 ? 0 : roundHalfAway(weight / unit))),
  };
}

// The distance of one row, smaller is nearer.
function rowDistance({ values }, { codes, refinement, dim }, row) {
  const code = new Int8Array(codes.buffer, codes.byteOffset + row * dim, dim);
  const coarse = -values.reduce((sum, value, i) => sum + value * code[i], 0);
  if (refinement === null) return 16 * coarse;
  const start = row * Math.ceil(dim / 32) * 16;
  let distance = 16 * coarse;
  values.forEach((value, i) => {
    const pair = refinement[start + Math.floor(i / 32) * 16 + (i % 16)];
    distance += value * (8 - (i % 32 < 16 ? pair & 15 : pair >> 4));
  });
  return distance;
}

// The embedding of a row as the codes hold it.
export function decodeRow({ codes, refinement, parameters, dim }, row) {
  return Array.from({ length: dim }, (_, i) => {
    const code = codes.readInt8(row * dim + i);
    const place = row * Math.ceil(dim / 32) * 16 + Math.floor(i / 32) * 16 + (i % 16);
    const pair = refinement === null ? 0 : refinement[place];
    const nibble = refinement === null ? 8 : i % 32 < 16 ? pair & 15 : pair >> 4;
    const fine = 16 * code + nibble - 8;
    return Math.fround(parameters.offset[i] + parameters.step[i] * (fine / 16));
  });
}

// The best k images, most similar first: [{image, similarity, view}].
export function searchBundle(
  { indexes, deltas },
  embedding,
  { kind = 'text', k = 20, excluded } = {},
) {
  const best = new Map();
  for (const index of indexes) {
    const query = encodeQuery(index.parameters, embedding);
    index.views.forEach((view, row) => {
      const distance = rowDistance(query, index, row);
      let similarity = query.bias + query.scale * -distance;
      if (kind === 'text') {
        const [to] = indexes;
        similarity =
          to.similarityMean +
          ((similarity - index.similarityMean) / index.similarityStddev) * to.similarityStddev;
      }
      const known = best.get(view.image);
      if (deltas?.removed.has(view.image)) return;
      if (view.image !== excluded && (known === undefined || similarity > known.similarity)) {
        best.set(view.image, { image: view.image, similarity, view });
      }
    });
  }
  return [...best.values()]
    .sort((a, b) => b.similarity - a.similarity || a.image - b.image)
    .slice(0, k)
    .map((hit) => ({ ...hit, similarity: Math.min(Math.max(hit.similarity, 0), 1) }));
}
