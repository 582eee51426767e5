#include "indexer/index/row_source.h"

#include <algorithm>
#include <vector>

#include "indexer/base/parallel.h"

namespace sightline {
namespace {

// 4 MiB at 512 dimensions: large enough for matrix products, small enough for every thread.
constexpr uint32_t kBlockRows = 2048;

}  // namespace

Result<void> for_blocks(
    const RowSource& rows, unsigned thread_count,
    const std::function<void(uint32_t first, std::span<const float> values)>& work) {
  const size_t blocks = (size_t{rows.row_count} + kBlockRows - 1) / kBlockRows;
  std::vector<Result<void>> results(blocks);
  parallel_for(blocks, thread_count, [&](size_t block) {
    const auto first = static_cast<uint32_t>(block * kBlockRows);
    const uint32_t count = std::min(kBlockRows, rows.row_count - first);
    std::vector<float> values(size_t{count} * rows.dim);
    results[block] = rows.read(first, count, values);
    if (results[block].has_value()) work(first, values);
  });
  for (const auto& result : results) RETURN_IF_ERROR(result);
  return {};
}

}  // namespace sightline
