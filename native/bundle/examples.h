#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "native/base/result.h"

namespace sightline {

// A query whose embedding was computed at build time, so that it needs no text encoder.
struct ExampleQuery {
  std::string text;
  std::vector<float> embedding;  // [dim], unit length

  bool operator==(const ExampleQuery&) const = default;
};

// The examples payload (FORMAT.md, section 10), and back.
std::vector<uint8_t> write_examples(std::span<const ExampleQuery> examples, uint32_t dim);
Result<std::vector<ExampleQuery>> parse_examples(std::span<const uint8_t> payload, uint32_t dim);

}  // namespace sightline
