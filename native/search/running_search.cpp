#include "native/search/running_search.h"

#include <algorithm>
#include <set>

namespace sightline {
namespace {

// Of a graph that is searched unasked: finds as many of a million images as the cells do.
constexpr uint32_t kChosenEfSearch = 400;
// Images looked at for each phrase of a conjunction: the more, the surer that those near to all of
// them are among them.
constexpr uint32_t kConjunctionDepth = 10;
constexpr uint32_t kMinConjunctionDepth = 200;

}  // namespace

uint32_t conjunction_depth(uint32_t k) {
  return std::max(k * kConjunctionDepth, kMinConjunctionDepth);
}

RunningSearch::RunningSearch(Searcher& searcher, std::span<const float> embeddings,
                             const SearchOptions& options)
    : searcher_(&searcher),
      embeddings_(embeddings.begin(), embeddings.end()),
      options_(options),
      // One image more than asked for makes up for an excluded one.
      k_(std::min(options.k, searcher.root().image_count) + (options.excluded_image ? 1 : 0)) {}

Result<RunningSearch> RunningSearch::begin(Searcher& searcher, std::span<const float> embeddings,
                                           const SearchOptions& options) {
  if (!searcher.ready()) {
    return invalid_argument("search: objects of the index are still missing");
  }
  const ModelInfo& model = searcher.root().model;
  if (embeddings.empty() || embeddings.size() % model.embedding_dim != 0) {
    return invalid_argument("search: the query has " + std::to_string(embeddings.size()) +
                            " dimensions, this bundle " + std::to_string(model.embedding_dim) +
                            "; embed it with the bundle's model '" + model.id + "'");
  }
  if (options.k == 0) return invalid_argument("search: k is 0, expected at least 1");
  const PagedIndex* paged = searcher.paged();
  if (options.path == SearchPath::kHnsw && kSearchesGraphs && paged && !paged->graph().exists()) {
    return invalid_argument("search: this bundle has no graph; build it with --graph on");
  }
  if (options.path == SearchPath::kCells && !paged) {
    return invalid_argument("search: this bundle has no cells; expected the path hnsw or exact");
  }
  return RunningSearch(searcher, embeddings, options);
}

Result<void> RunningSearch::allow_images(std::vector<ObjectRef>& missing) {
  if (are_images_allowed_) return {};
  const PagedIndex* paged = searcher_->paged();
  if (!options_.filters.empty() && !(paged && paged->facets().knows(options_.filters))) {
    missing = searcher_->missing_objects(Need::kColumns);
    if (!missing.empty()) return {};
    ASSIGN_OR_RETURN(images_allowed_, searcher_->matching_images(options_.filters));
    options_.filters.clear();
  }
  are_images_allowed_ = true;
  return {};
}

PagedEffort RunningSearch::effort() const {
  PagedEffort effort = options_.effort;
  const PagedIndex& paged = *searcher_->paged();
  if (options_.path == SearchPath::kExact) return {UINT32_MAX, paged.row_count()};
  effort.only_opened = options_.path == SearchPath::kCells;
  if (!kSearchesGraphs || !options_.filters.empty() || !images_allowed_.empty()) return effort;
  if (options_.path == SearchPath::kHnsw) {
    effort.ef_search = options_.ef_search;
  } else if (options_.path == SearchPath::kAuto && options_.kind == QueryKind::kImage &&
             paged.prefers_graph()) {
    effort.ef_search = std::max(options_.ef_search, kChosenEfSearch);
  }
  return effort;
}

Result<void> RunningSearch::begin_phrases() {
  if (!phrases_.empty()) return {};
  const size_t dim = searcher_->root().model.embedding_dim;
  const uint32_t depth = embeddings_.size() == dim ? k_ : conjunction_depth(k_);
  const RowFilter allowed =
      images_allowed_.empty() ? searcher_->live_images() : RowFilter(images_allowed_);
  for (size_t start = 0; start < embeddings_.size(); start += dim) {
    ASSIGN_OR_RETURN(auto phrase, PagedQuery::begin(*searcher_->paged(),
                                                    std::span(embeddings_).subspan(start, dim),
                                                    depth, effort(), options_.filters, allowed));
    phrases_.push_back(std::move(phrase));
  }
  return {};
}

std::vector<PagedHit> RunningSearch::join_phrases(std::span<const PagedAnswer> answers) const {
  if (answers.size() == 1) return answers.front().hits;
  std::set<uint32_t> rows;
  for (const auto& answer : answers) {
    for (const auto& hit : answer.hits) rows.insert(hit.row);
  }
  std::vector<PagedHit> joined;
  for (const uint32_t row : rows) {
    PagedHit hit{row, 0, true};
    for (const auto& phrase : phrases_) {
      // Of a row that no phrase has refined nothing is known.
      const auto similarity = phrase.similarity(row);
      hit.is_refined = hit.is_refined && similarity.has_value();
      hit.similarity += similarity.value_or(0) / static_cast<double>(phrases_.size());
    }
    if (hit.is_refined) joined.push_back(hit);
  }
  sort_best_first(joined);
  return joined;
}

Result<SearchAnswer> RunningSearch::step_phrases(Stage stage) {
  RETURN_IF_ERROR(begin_phrases());
  SearchAnswer answer;
  std::vector<PagedAnswer> answers;
  for (auto& phrase : phrases_) {
    ASSIGN_OR_RETURN(auto found, phrase.step(stage));
    for (const auto& ref : found.missing) {
      const auto& known = answer.missing;
      if (std::find(known.begin(), known.end(), ref) == known.end()) answer.missing.push_back(ref);
    }
    answers.push_back(std::move(found));
  }
  auto hits = join_phrases(answers);
  if (hits.size() > k_) hits.resize(k_);
  for (const auto& [row, similarity, is_refined] : hits) {
    const auto rest = searcher_->paged()->find_rest(row);
    const View view = rest.piece != nullptr ? rest.piece->views[rest.position].view : View{};
    answer.hits.push_back({row, similarity, view});
  }
  return answer;
}

Result<SearchAnswer> RunningSearch::step(Stage stage) {
  SearchAnswer answer;
  RETURN_IF_ERROR(allow_images(answer.missing));
  if (!answer.missing.empty()) return answer;
  if (searcher_->paged() != nullptr) {
    ASSIGN_OR_RETURN(answer, step_phrases(stage));
  } else {
    ASSIGN_OR_RETURN(answer.hits,
                     searcher_->search_resident(embeddings_, k_, options_, images_allowed_));
  }
  auto& hits = answer.hits;
  std::erase_if(hits, [&](const Hit& hit) { return hit.image == options_.excluded_image; });
  if (hits.size() > options_.k) hits.resize(options_.k);
  for (Hit& hit : hits) hit.similarity = std::clamp(hit.similarity, 0.0, 1.0);
  return answer;
}

}  // namespace sightline
