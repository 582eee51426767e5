#pragma once

#include <string>

#include "native/base/result.h"

namespace sightline {

struct VerifyOptions {
  std::string bundle;  // a site, a bundle or the address of either
  bool json = false;
};

// Fetches and checks every object a bundle refers to: size, hash, compression, content.
// 0 where all is well, 4 with a line for each damaged object.
Result<int> run_verify(const VerifyOptions& options);

}  // namespace sightline
