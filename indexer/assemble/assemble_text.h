#pragma once

#include <string>
#include <vector>

#include "indexer/assemble/add_model.h"
#include "indexer/assemble/add_phrase_bank.h"
#include "indexer/index/row_source.h"

namespace sightline {

// What a bundle of vectors needs beside its index to be searched by text.
struct VectorTextOptions {
  PublishedModels models = PublishedModels::kBoth;
  std::string model_warning;         // shown to visitors, or empty
  std::vector<std::string> queries;  // what visitors ask for; empty: phrases made of bank.list
  BankOptions bank;
  unsigned thread_count = 1;
};

// What visitors ask for as vectors [n, dim], to fit codes and cells to.
Result<std::vector<float>> typical_queries(const VectorTextOptions& options, const ClipModel& clip);

// Adds the model, the phrase bank, examples and relevance to the root of an index of these rows.
// The same rows, options and model give the same bytes.
Result<void> assemble_vector_text(const RowSource& rows, const VectorTextOptions& options,
                                  const ClipModel& clip, Catalog& catalog, BundleWriter& writer,
                                  Progress& progress, Root& root);

}  // namespace sightline
