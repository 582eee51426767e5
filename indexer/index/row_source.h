#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "native/base/result.h"

namespace sightline {

// Where the rows come from: read(first, count, rows) fills [count, dim] with unit rows. Called from
// several threads at once.
struct RowSource {
  uint32_t row_count = 0;
  uint32_t dim = 0;
  std::function<Result<void>(uint32_t first, uint32_t count, std::span<float> rows)> read;
};

// Calls work(first row, rows [n, dim]) once for every block of the rows, from several threads at
// once and in any order. The error of the first block that could not be read.
Result<void> for_blocks(
    const RowSource& rows, unsigned thread_count,
    const std::function<void(uint32_t first, std::span<const float> values)>& work);

}  // namespace sightline
