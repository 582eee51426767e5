#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/result.h"

namespace sightline {

// Finds the ordinal of an image_id without holding the ids: the first 8 bytes of each id's SHA-256,
// sorted. The caller compares the id in the record, so a chance collision cannot name a wrong
// image.
class ImageIdTable {
 public:
  // The payload (FORMAT.md, section 9) for the ids of ordinals 0, 1, 2, ...
  static std::vector<uint8_t> write(std::span<const std::string> image_ids);
  static Result<ImageIdTable> parse(std::span<const uint8_t> payload, uint32_t image_count);

  // The first 8 bytes of an id's SHA-256.
  static uint64_t key_of(std::string_view image_id);
  std::span<const uint64_t> keys() const { return keys_; }
  std::span<const uint32_t> ordinals() const { return ordinals_; }

  // Adds the payload of the images behind those that are there.
  Result<void> append(std::span<const uint8_t> payload, uint32_t image_count);

  // The ordinals whose id may be this one, almost always none or one.
  std::vector<uint32_t> find(std::string_view image_id) const;

 private:
  std::vector<uint32_t> ends_;      // of each payload in the arrays
  std::vector<uint64_t> keys_;      // [image_count], ascending within each payload
  std::vector<uint32_t> ordinals_;  // [image_count]
};

}  // namespace sightline
