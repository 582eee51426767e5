#pragma once

#include <string>

#include "native/base/result.h"

namespace sightline {

// sightline tokenize --model M [--json] -- TEXT
struct TokenizeOptions {
  std::string model;  // a name, or a folder with vocab.json and merges.txt; empty: the default
  std::string text;
  bool json = false;
};

// Prints start, tokens and end, cut to the context length and unpadded: {"ids": [...]} or one line.
Result<int> run_tokenize(const TokenizeOptions& options);

}  // namespace sightline
