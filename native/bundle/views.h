#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/base/view.h"

namespace sightline {

// A row of an index: one view of one image.
struct ViewRow {
  uint32_t image = 0;  // image ordinal
  View view;           // box in pixels of the original image

  bool operator==(const ViewRow&) const = default;
};

// The views payload (FORMAT.md, section 6), and back. Rows must number expected_rows and name
// images below image_count; boxes must not be empty.
std::vector<uint8_t> write_views(std::span<const ViewRow> rows);
Result<std::vector<ViewRow>> parse_views(std::span<const uint8_t> payload, uint32_t expected_rows,
                                         uint32_t image_count);

}  // namespace sightline
