#pragma once

#include "indexer/sources/adapter.h"

namespace sightline {

// Any folder with images in it and below. The sequence is the folder below the root ("" for the
// root itself), image_id "<dataset>/<source_key>".
bool is_image_folder(const std::string& root);
Result<ScanResult> scan_image_folder(const std::string& root, const ScanOptions& options);

inline constexpr Adapter kImageFolderAdapter = {"image-folder", is_image_folder, scan_image_folder};

}  // namespace sightline
