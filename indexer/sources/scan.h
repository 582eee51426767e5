#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "indexer/sources/source_item.h"
#include "native/base/result.h"

namespace sightline {

struct ScanOptions {
  std::string adapter;  // one of adapter_names(); "" recognises the layout
  std::string dataset;  // its slug names the dataset; "" lets the adapter choose
  std::vector<std::string> skipped_folders;  // not entered, such as the output; need not exist
};

struct ScanResult {
  std::string adapter;  // the one that was used
  std::string dataset;
  std::vector<SourceImage> images;  // in byte order of image_id, each once
  std::vector<ItemError> errors;    // in the order they were met; the rest was scanned all the same
};

// Lists the pictures of a source by name, without opening them.
// Hidden files and folders (and so .sightline) are left out; links are followed, each folder once.
// Errors: a root that cannot be read or is no folder, an unknown adapter, an image_id met twice.
Result<ScanResult> scan_source(const std::string& root, const ScanOptions& options = {});

// Sorts by image_id; an image_id met twice is an error naming both paths. For joining several
// sources.
Result<void> sort_by_image_id(std::vector<SourceImage>& images);

std::vector<std::string> adapter_names();

// Lower case, every run of other characters than [a-z0-9] one '-', none at the ends; "images" where
// nothing is left.
std::string dataset_slug(std::string_view name);

}  // namespace sightline
