#pragma once

#include "indexer/commands/search.h"
#include "native/search/searcher.h"

namespace sightline {

// Searches by each row of options.vectors (.npy) and prints one JSON object a line:
// {"query": row, "k", "hits": [...]}, with options.cold also "bytes", "objects", "round_trips" and
// "resident_bytes" of a search that began with nothing but the manifest.
Result<int> search_vectors(const SearchCommandOptions& options, const SearchOptions& search);

}  // namespace sightline
