#pragma once

#include <string>

#include "indexer/sources/scan.h"

namespace sightline {

// A dataset layout on disk. scan() fills dataset, images (in any order) and errors.
struct Adapter {
  const char* name;
  bool (*recognises)(const std::string& root);
  Result<ScanResult> (*scan)(const std::string& root, const ScanOptions& options);
};

}  // namespace sightline
