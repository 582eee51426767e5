#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "indexer/increments/build_memory.h"
#include "indexer/increments/bundle_tables.h"
#include "indexer/index/index_builder.h"
#include "native/base/result.h"
#include "native/bundle/root.h"

namespace sightline {

// A bundle of images that a build continues: what is in it keeps its place and its bytes, what is
// new follows, what is gone leaves a gap.
struct ImageBase {
  Root root;
  ImageMemory memory;
  std::vector<BaseIndex> indexes;     // as in root
  std::vector<ImageRecord> records;   // [image_count], with their thumbnails
  std::vector<uint64_t> phrase_keys;  // the first of each leaf of the phrase bank

  // kNotFound: there is no bundle. Other errors say why what is there cannot be continued.
  static Result<ImageBase> open(const std::string& bundle_path);

  const BaseIndex* index_of(RowKind kind) const;
};

// Rearranges tables in the order of image_id to what a build upon base publishes: an image whose
// rows are as the base has them gets its ordinal and its rows their places; others come after all
// of the base's. kUnsupported: so much has changed that the base fits no longer, and why; the
// tables are then as they were.
Result<void> continue_tables(const ImageBase& base, const std::vector<std::string>& class_names,
                             BundleTables& tables);

}  // namespace sightline
