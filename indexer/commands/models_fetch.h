#pragma once

#include <string>

#include "native/base/result.h"

namespace sightline {

// sightline models fetch NAME [--from URL|DIR] [--trust-on-first-use] [--catalogue FILE] [--json]:
// installs a model of the catalogue in the user's models folder. Nothing is installed unless every
// file is there with the bytes that are pinned.
struct ModelsFetchOptions {
  std::string name;
  std::string from;       // address or folder that holds the files at their paths in the model
  std::string catalogue;  // a catalogue file instead of the built-in one
  bool trust_on_first_use = false;
  bool json = false;
};

// 0 where the model is installed, also where it was before. Errors: kInvalidArgument for an unknown
// name or a file without a known hash; else those of download_file().
Result<int> run_models_fetch(const ModelsFetchOptions& options);

}  // namespace sightline
