#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/result.h"

namespace sightline {

enum class ColumnType : uint8_t {
  kCategory = 0,  // one of `values` per image
  kNumber = 1,    // one number per image, NaN: absent
  kTags = 2,      // for each image some of `values`, each with a count
};

struct TagCount {
  uint16_t value = 0;  // position in Column::values
  uint16_t count = 0;

  bool operator==(const TagCount&) const = default;
};

// A facet of all images, by image ordinal. Only the vectors of its type are filled.
struct Column {
  std::string name;
  ColumnType type = ColumnType::kCategory;
  std::vector<std::string> values = {};
  std::vector<uint32_t> codes = {};        // [image_count], positions in values
  std::vector<double> numbers = {};        // [image_count]
  std::vector<uint32_t> tag_offsets = {};  // [image_count + 1], ranges of tags, ascending
  std::vector<TagCount> tags = {};

  bool operator==(const Column&) const = default;
};

// The columns payload (FORMAT.md, section 8), and back: every code, offset and tag is checked.
std::vector<uint8_t> write_columns(std::span<const Column> columns);
Result<std::vector<Column>> parse_columns(std::span<const uint8_t> payload, uint32_t image_count);

// The column of that name, or null.
const Column* find_column(std::span<const Column> columns, std::string_view name);

}  // namespace sightline
