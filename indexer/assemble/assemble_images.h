#pragma once

#include <string>
#include <vector>

#include "indexer/assemble/add_model.h"
#include "indexer/assemble/add_phrase_bank.h"
#include "indexer/base/progress.h"
#include "indexer/bundle/bundle_writer.h"
#include "indexer/increments/bundle_tables.h"
#include "indexer/increments/image_base.h"
#include "indexer/index/graph_builder.h"
#include "indexer/models/clip_model.h"

namespace sightline {

struct AssembleOptions {
  std::string title;
  std::string licence;         // of the pictures
  std::string media_base_url;  // where the originals are published; empty: they are not
  GraphOptions graph;
  ThumbnailKey thumbnail;
  PublishedModels models = PublishedModels::kBoth;
  std::string model_warning;  // shown to visitors, or empty
  std::vector<std::string> class_names;
  BankOptions bank;
  unsigned thread_count = 1;  // changes no byte
};

// Builds the indexes, measures them and writes the bundle, manifest last. The same base, tables and
// options give the same bytes. The bundle carries the packed text encoder that clip uses, if any.
// base: null, or what continue_tables() has made the tables continue.
Result<Root> assemble_images(BundleTables tables, const ImageBase* base,
                             const AssembleOptions& options, const ClipModel& clip,
                             Catalog& catalog, BundleWriter& writer, Progress& progress);

}  // namespace sightline
