#include "indexer/commands/search.h"

#include <cstdio>

#include "indexer/bundle/opened_bundle.h"
#include "indexer/commands/search_vectors.h"
#include "indexer/query/hit_json.h"
#include "indexer/query/query_encoder.h"
#include "native/search/hit_relevance.h"

namespace sightline {
namespace {

struct Query {
  std::string shown;
  std::vector<float> embeddings;  // [phrases, embedding_dim]
  double familiarity = 1.0;
};

Result<Query> make_query(const SearchCommandOptions& options, OpenedBundle& bundle,
                         SearchOptions& search) {
  if (!options.similar.empty()) {
    ASSIGN_OR_RETURN(const uint32_t image, bundle.find_image(options.similar));
    ASSIGN_OR_RETURN(auto embedding, bundle.image_embedding(image));
    search.kind = QueryKind::kImage;
    search.excluded_image = image;
    return Query{options.similar, std::move(embedding)};
  }
  if (!options.image.empty()) {
    ASSIGN_OR_RETURN(auto embedding, embed_query_image(bundle, options.image));
    search.kind = QueryKind::kImage;
    return Query{options.image, std::move(embedding)};
  }
  ASSIGN_OR_RETURN(auto text, embed_query_text(bundle, options.text));
  return Query{options.text, std::move(text.embeddings), text.familiarity};
}

void print_hit(const Root& root, size_t rank, const Hit& hit, const ImageRecord& record) {
  std::string detections;
  for (const auto& detection : record.detections) {
    if (detection.class_id >= root.class_names.size() || detections.size() > 40) continue;
    detections += (detections.empty() ? "" : ", ") + root.class_names[detection.class_id];
  }
  std::printf("%3zu  %.4f  %s%s%s%s\n", rank, hit.similarity, record.image_id.c_str(),
              detections.empty() ? "" : "  (", detections.c_str(), detections.empty() ? "" : ")");
}

}  // namespace

Result<int> run_search(const SearchCommandOptions& options) {
  SearchOptions search;
  search.k = options.k;
  search.ef_search = options.ef_search;
  search.path = options.path;
  for (const auto& text : options.filters) {
    ASSIGN_OR_RETURN(auto clause, parse_filter(text));
    search.filters.push_back(std::move(clause));
  }
  search.effort = {options.probe_cells, options.refine_rows};
  search.stage = options.stage;
  if (!options.vectors.empty()) return search_vectors(options, search);
  ASSIGN_OR_RETURN(auto bundle, OpenedBundle::open(options.bundle));
  RETURN_IF_ERROR(bundle.load_index());
  ASSIGN_OR_RETURN(const auto query, make_query(options, bundle, search));
  ASSIGN_OR_RETURN(auto hits, bundle.search(query.embeddings, search));
  RelevanceVerdict verdict;
  if (search.kind == QueryKind::kText) {
    verdict = judge_hits(bundle.root().relevance, hits, query.familiarity);
    if (!verdict.found && !options.all) hits.clear();
  }

  JsonValue::Array hit_values;
  size_t rank = 0;
  for (const auto& hit : hits) {
    ASSIGN_OR_RETURN(const auto record, bundle.record(hit.image));
    if (options.json) {
      JsonValue value = hit_json(bundle.root(), hit, record);
      if (!verdict.relevances.empty()) {
        value.set("relevance", verdict.relevances[hit_values.size()]);
      }
      hit_values.push_back(std::move(value));
    } else {
      print_hit(bundle.root(), ++rank, hit, record);
    }
  }
  if (options.json) {
    const JsonValue answer{
        {"query", query.shown}, {"k", options.k}, {"hits", std::move(hit_values)}};
    std::printf("%s\n", dump_json(answer).c_str());
  } else if (hits.empty()) {
    std::printf("nothing found%s\n",
                verdict.found ? "" : " that fits; --all shows the nearest images");
  }
  return 0;
}

}  // namespace sightline
