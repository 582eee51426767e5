#pragma once

#include <span>
#include <string>
#include <vector>

#include "indexer/models/clip_model.h"
#include "indexer/publish/index_builder.h"
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

// Asks the tables for real_phrases, mistyped ones among them, and for nonsense. indexes: as they
// are published, with their spread; tables: [indexes], in the same order.
Result<RelevanceInfo> calibrate_relevance(const std::vector<std::string>& real_phrases,
                                          std::span<const RowTable* const> tables,
                                          std::span<const IndexInfo> indexes,
                                          const ClipModel& clip);

}  // namespace sightline
