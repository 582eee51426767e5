#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "indexer/catalog/catalog.h"
#include "indexer/embed/embed_images.h"
#include "indexer/index/index_builder.h"
#include "native/bundle/columns.h"
#include "native/bundle/records.h"

namespace sightline {

// Everything a bundle says about its images, gathered from the catalog in the order of image_id.
// Images that have not been embedded (because they failed) are left out.
struct BundleTables {
  std::vector<std::string> datasets;  // slugs; records name them by position; "": without images
  RowTable whole;                     // whole images and tiles
  RowTable crops;
  std::vector<ImageRecord> records;    // [image_count], thumbnails not yet placed
  std::vector<Sha256Digest> contents;  // [image_count]
  std::vector<Column> columns;
  // Of a bundle that is continued, images that are gone: they keep record and ordinal, without
  // contents and rows. Ascending.
  std::vector<uint32_t> removed;

  bool is_removed(uint32_t image) const {
    return std::binary_search(removed.begin(), removed.end(), image);
  }
};

// The facets of the images, from their records. Of those that are gone nothing: in a category they
// have a value of another, elsewhere none.
std::vector<Column> make_columns(const BundleTables& tables,
                                 const std::vector<std::string>& class_names);

// Requires images sorted by image_id.
Result<BundleTables> gather_tables(const std::vector<HashedImage>& images, const WorkKey& key,
                                   uint32_t dim, const std::vector<std::string>& class_names,
                                   Catalog& catalog);

}  // namespace sightline
