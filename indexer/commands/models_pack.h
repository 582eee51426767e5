#pragma once

#include <string>

#include "native/base/result.h"

namespace sightline {

// sightline models pack MODEL --out DIR [--json]
struct ModelsPackOptions {
  std::string model;  // a name or folder
  std::string out;
  bool json = false;
};

// Packs the model's text encoder into hashed objects below `out` and says how large it is and how
// near to the original. Returns the exit code.
Result<int> run_models_pack(const ModelsPackOptions& options);

}  // namespace sightline
