#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "native/base/result.h"

namespace sightline {

// The suggestions payload (FORMAT.md, section 16), and back: phrases of the bank, normalised, the
// most useful first.
std::vector<uint8_t> write_suggestions(std::span<const std::string> phrases);
Result<std::vector<std::string>> parse_suggestions(std::span<const uint8_t> payload);

}  // namespace sightline
