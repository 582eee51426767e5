#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/search/paged_query.h"
#include "native/search/searcher.h"

namespace sightline {

// One search of an opened bundle, from its first cell to its settled answer. It keeps what it has
// worked out, and in memory what it works with, until it ends; several may go on at a time.
//
//   answer = step(Stage::kFirst) → while something is missing: fetch, add, step again; show it
//   the same with Stage::kSettled
//
// Of a resident index nothing is ever missing, and both stages are one.
class RunningSearch {
 public:
  // embeddings: [phrases, embedding_dim] float32, as split_conjunction() separates a text. The
  // searcher must be ready(), and stay where it is while this lives.
  static Result<RunningSearch> begin(Searcher& searcher, std::span<const float> embeddings,
                                     const SearchOptions& options);

  // The best k images, most similar first, ties by ordinal. Of several phrases the mean similarity
  // counts, and the view is the one that matched the first of them best.
  Result<SearchAnswer> step(Stage stage);

 private:
  RunningSearch(Searcher& searcher, std::span<const float> embeddings,
                const SearchOptions& options);
  Result<void> allow_images(std::vector<ObjectRef>& missing);
  Result<void> begin_phrases();
  PagedEffort effort() const;
  Result<SearchAnswer> step_phrases(Stage stage);
  // The rows that any phrase found, by their similarity to all of them.
  std::vector<PagedHit> join_phrases(std::span<const PagedAnswer> answers) const;

  Searcher* searcher_;
  std::vector<float> embeddings_;
  SearchOptions options_;
  uint32_t k_ = 0;
  bool are_images_allowed_ = false;       // whether that has been worked out
  std::vector<uint64_t> images_allowed_;  // a bit per image, by filters that the facets do not know
  std::vector<PagedQuery> phrases_;
};

}  // namespace sightline
