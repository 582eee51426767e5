#include "indexer/index/cell_spread.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "indexer/base/parallel.h"
#include "indexer/index/matrix.h"

namespace sightline {
namespace {

// A query comes near this share of the cells, those whose means are most similar to it, and no
// fewer than so many.
constexpr double kNearShare = 0.1;
constexpr size_t kLeastNear = 50;
// What is assumed of a cell counts as much as so many queries.
constexpr double kAssumedQueries = 3;
constexpr size_t kBlockQueries = 32;

struct Sums {
  std::vector<double> variances;  // [cells], over the queries that come near
  std::vector<uint32_t> queries;  // [cells]
};

Sums measure_block(const CellSample& sample, std::span<const float> queries) {
  const size_t count = queries.size() / sample.dim;
  const size_t cells = sample.means.size() / sample.dim;
  std::vector<float> means(cells * count);
  multiply_transposed(sample.means, queries, sample.dim, means);
  std::vector<float> products(sample.cells.size() * count);
  multiply_transposed(sample.rows, queries, sample.dim, products);

  std::vector<uint32_t> rows(cells);
  std::vector<double> squares(cells * count);
  for (size_t row = 0; row < sample.cells.size(); ++row) {
    const size_t cell = sample.cells[row];
    ++rows[cell];
    for (size_t q = 0; q < count; ++q) {
      const double offset = double{products[row * count + q]} - means[cell * count + q];
      squares[cell * count + q] += offset * offset;
    }
  }
  Sums sums{std::vector<double>(cells), std::vector<uint32_t>(cells)};
  std::vector<uint32_t> order(cells);
  std::iota(order.begin(), order.end(), 0u);
  const auto share = static_cast<size_t>(std::ceil(kNearShare * static_cast<double>(cells)));
  const auto near = static_cast<ptrdiff_t>(std::min(cells, std::max(share, kLeastNear)));
  for (size_t q = 0; q < count; ++q) {
    std::nth_element(order.begin(), order.begin() + near - 1, order.end(),
                     [&](uint32_t a, uint32_t b) {
                       const float left = means[a * count + q];
                       const float right = means[b * count + q];
                       return left != right ? left > right : a < b;
                     });
    for (ptrdiff_t i = 0; i < near; ++i) {
      const uint32_t cell = order[static_cast<size_t>(i)];
      if (rows[cell] == 0) continue;
      sums.variances[cell] += squares[cell * count + q] / rows[cell];
      ++sums.queries[cell];
    }
  }
  return sums;
}

}  // namespace

void fit_spread(const CellSample& sample, std::span<const float> queries, unsigned thread_count,
                std::span<float> spread) {
  const size_t block_values = kBlockQueries * sample.dim;
  std::vector<Sums> blocks((queries.size() + block_values - 1) / block_values);
  parallel_for(blocks.size(), thread_count, [&](size_t block) {
    const size_t first = block * block_values;
    blocks[block] = measure_block(
        sample, queries.subspan(first, std::min(block_values, queries.size() - first)));
  });
  for (size_t cell = 0; cell < spread.size(); ++cell) {
    double sum = kAssumedQueries * spread[cell] * spread[cell];
    double count = kAssumedQueries;
    for (const auto& block : blocks) {
      sum += block.variances[cell];
      count += block.queries[cell];
    }
    spread[cell] = static_cast<float>(std::sqrt(sum / count));
  }
}

}  // namespace sightline
