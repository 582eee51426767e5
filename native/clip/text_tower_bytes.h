#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/clip/text_tower.h"

namespace sightline {

// The payloads of a packed text tower (FORMAT.md, section 15), and back. What is read is checked
// for its size and for numbers that are finite; errors are kCorrupt or kUnsupported.

std::vector<uint8_t> write_text_shape(const TextTowerShape& shape);
Result<TextTowerShape> parse_text_shape(std::span<const uint8_t> bytes);

std::vector<uint8_t> write_text_ends(const TextTowerEnds& ends);
Result<TextTowerEnds> parse_text_ends(std::span<const uint8_t> bytes, const TextTowerShape& shape);

std::vector<uint8_t> write_text_layer(const TextTowerLayer& layer);
Result<TextTowerLayer> parse_text_layer(std::span<const uint8_t> bytes,
                                        const TextTowerShape& shape);

// Some consecutive rows of the token table, int8 with a scale a row.
struct TokenRows {
  std::vector<float> scales;  // [row_count]
  std::vector<int8_t> codes;  // [row_count, width]

  // values [width] of one row.
  void decode(uint32_t row, std::span<float> values) const;
};
TokenRows pack_token_rows(std::span<const float> rows, uint32_t width);
std::vector<uint8_t> write_token_rows(const TokenRows& rows);
Result<TokenRows> parse_token_rows(std::span<const uint8_t> bytes, uint32_t row_count,
                                   uint32_t width);

}  // namespace sightline
