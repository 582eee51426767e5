#pragma once

#include <string>

#include "native/base/result.h"

namespace sightline {

struct ExportOptions {
  std::string bundle;  // a site, a bundle or the address of either
  std::string out;     // a folder, made where it is not there
};

// Writes metadata.jsonl, one image a line as in a search hit, and embeddings.npy: [images, dim]
// float32, unit rows: the whole view of each image as the index holds it, in the same order.
Result<int> run_export(const ExportOptions& options);

}  // namespace sightline
