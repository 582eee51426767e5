#pragma once

#include <string>

#include "native/base/result.h"

namespace sightline {

struct InspectOptions {
  std::string bundle;  // a site, a bundle or the address of either
  bool json = false;
};

// Prints what a bundle holds: counts, model, indexes, sizes by kind, quality report.
Result<int> run_inspect(const InspectOptions& options);

}  // namespace sightline
