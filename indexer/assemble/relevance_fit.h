#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "indexer/index/index_builder.h"
#include "indexer/models/clip_model.h"
#include "native/bundle/relevance.h"
#include "native/bundle/root.h"

namespace sightline {

// What decides whether a query fits a collection.
struct QuerySample {
  double similarity = 0.0;   // of its best hit
  double familiarity = 0.0;  // of its text
  bool fits = false;
};

// A logistic regression of fits on both values, slightly drawn towards 0 so that separable samples
// have an answer; neither weight is negative. The cut-off keeps 99 in 100 of the samples that fit,
// and leaves out as much nonsense as that allows. unrelated_similarity: of any image to any phrase.
RelevanceInfo fit_relevance(std::span<const QuerySample> samples, double unrelated_similarity);

// The best similarity that a search would find for each of queries [n, dim], unit rows.
using BestSimilarities = std::function<Result<std::vector<double>>(std::span<const float> queries)>;

// The same for tables as they are published: [indexes], in the same order, with their spread. Large
// tables are sampled.
std::vector<double> best_in_tables(std::span<const float> queries,
                                   std::span<const RowTable* const> tables,
                                   std::span<const IndexInfo> indexes);

// Asks the collection for real_phrases, mistyped ones among them, and for nonsense.
Result<RelevanceInfo> calibrate_relevance(const std::vector<std::string>& real_phrases,
                                          double unrelated_similarity,
                                          const BestSimilarities& best_similarities,
                                          const ClipModel& clip);

}  // namespace sightline
