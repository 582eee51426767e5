#pragma once

#include <span>
#include <string>
#include <vector>

#include "indexer/index/index_builder.h"
#include "native/bundle/examples.h"
#include "native/bundle/root.h"

namespace sightline {

// recall@10 of the published codes and graph at efSearch = 50 against exact float search, over
// held-out phrases, and the bytes a resident search loads. queries: [n, dim] float32, unit rows.
Result<std::vector<QualityFigure>> measure_quality(const RowTable& rows, const BuiltIndex& index,
                                                   std::span<const float> queries);

// The phrases with the clearest answers in this collection, at most eight and no two alike.
// embeddings: [phrases, dim] float32, unit rows.
std::vector<ExampleQuery> choose_examples(const std::vector<std::string>& phrases,
                                          std::span<const float> embeddings,
                                          std::span<const RowTable* const> tables);

}  // namespace sightline
