#include "indexer/commands/search_vectors.h"

#include <cstdio>

#include "indexer/bundle/opened_bundle.h"
#include "indexer/query/hit_json.h"
#include "indexer/sources/vector_file.h"

namespace sightline {
namespace {

Result<JsonValue> answer_json(OpenedBundle& bundle, std::span<const float> query, uint32_t number,
                              const SearchOptions& search) {
  ASSIGN_OR_RETURN(const auto hits, bundle.search(query, search));
  JsonValue::Array hit_values;
  for (const auto& hit : hits) {
    ASSIGN_OR_RETURN(const auto record, bundle.record(hit.image));
    hit_values.push_back(hit_json(bundle.root(), hit, record));
  }
  return JsonValue{{"query", number}, {"k", search.k}, {"hits", std::move(hit_values)}};
}

}  // namespace

Result<int> search_vectors(const SearchCommandOptions& options, const SearchOptions& search) {
  ASSIGN_OR_RETURN(const auto queries, VectorFile::open(options.vectors));
  ASSIGN_OR_RETURN(auto bundle, OpenedBundle::open(options.bundle));
  const uint32_t dim = bundle.root().model.embedding_dim;
  if (queries.dim() != dim) {
    return invalid_argument(options.vectors + ": queries of " + std::to_string(queries.dim()) +
                            " dimensions, the bundle holds vectors of " + std::to_string(dim) +
                            "; embed them with its model '" + bundle.root().model.id + "'");
  }
  RETURN_IF_ERROR(bundle.load_index());
  std::vector<float> query(dim);
  for (uint32_t number = 0; number < queries.row_count(); ++number) {
    if (options.cold && number > 0) {
      ASSIGN_OR_RETURN(bundle, OpenedBundle::open(options.bundle));
      RETURN_IF_ERROR(bundle.load_index());
    }
    RETURN_IF_ERROR(queries.read_rows(number, 1, query));
    ASSIGN_OR_RETURN(auto answer, answer_json(bundle, query, number, search));
    if (options.cold) {
      answer.set("bytes", bundle.traffic().bytes);
      answer.set("objects", bundle.traffic().objects);
      answer.set("round_trips", bundle.traffic().round_trips);
      answer.set("resident_bytes", bundle.searcher().resident_bytes());
    }
    std::printf("%s\n", dump_json(answer).c_str());
  }
  return 0;
}

}  // namespace sightline
