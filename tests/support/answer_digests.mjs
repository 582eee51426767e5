// Answers to many queries as digests, wherever the core runs: no modules of Node in here.

const blockQueries = 1000;

// One SHA-256 for each thousand queries, over image ids and the bits of the similarities. `answers`:
// [[image_id, similarity]] of each query.
export async function digestsOf(answers) {
  const digests = [];
  for (let first = 0; first < answers.length; first += blockQueries) {
    const block = answers.slice(first, first + blockQueries);
    const ids = new TextEncoder().encode(
      JSON.stringify(block.map((hits) => hits.map(([id]) => id))),
    );
    const bits = Float64Array.from(
      block.flatMap((hits) => hits.map(([, similarity]) => similarity)),
    );
    const bytes = new Uint8Array(await new Blob([ids, bits]).arrayBuffer());
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    digests.push(Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''));
  }
  return digests;
}

// Of a bundle in one piece: { root, places: [[name, offset, end]] } and the bytes of its objects.
export function unpackBundle({ root, places }, bytes) {
  const objects = new Map(places.map(([name, from, to]) => [name, bytes.subarray(from, to)]));
  return { root, objects };
}

// What the core answers to each row of queries ([n, dim] float32, unit rows) about a bundle whose
// objects are all in memory, as stored: a Map by name. `root` is the manifest's reference.
export function searchAll(core, { root, objects }, queries, { k, isFirst, filters }) {
  const searcher = core.Searcher.open(root, objects.get(root.name));
  const add = (refs) => {
    for (const ref of refs) searcher.addObject(ref, objects.get(ref.name));
  };
  add(searcher.missingObjects('search'));
  const { embeddingDim: dim } = searcher.root().model;
  const how = { kind: 'text', path: 'auto', efSearch: 50, excludedImage: null, familiarity: 1 };

  const ids = new Map();
  const pieces = new Map();
  const readId = (image) => {
    add(searcher.missingForRecord(image));
    const { piece, position } = searcher.findRecord(image);
    if (!pieces.has(piece.name)) {
      const payload = core.unpackObject(piece, objects.get(piece.name));
      pieces.set(piece.name, core.readRecords(piece, payload));
    }
    return pieces.get(piece.name)[position].imageId;
  };
  const idOf = (image) => {
    if (!ids.has(image)) ids.set(image, readId(image));
    return ids.get(image);
  };

  const answers = [];
  for (let first = 0; first < queries.length; first += dim) {
    const query = queries.subarray(first, first + dim);
    const search = searcher.ask(query, { ...how, k, filters });
    let hits = search.step(isFirst);
    for (; hits.missing.length > 0; hits = search.step(isFirst)) add(hits.missing);
    search.delete();
    answers.push(Array.from(hits.images, (image, i) => [idOf(image), hits.similarities[i]]));
  }
  searcher.delete();
  return answers;
}
