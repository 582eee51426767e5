#include <algorithm>
#include <cmath>
#include <numeric>

#include "indexer/base/parallel.h"
#include "indexer/index/facet_writer.h"
#include "indexer/index/paged_index_builder.h"
#include "indexer/index/paged_tuning.h"
#include "native/search/cell_scan.h"

namespace sightline {
namespace {

constexpr size_t kMostQueries = 50;
constexpr uint32_t kNearest = 10;

// The cells of a query's nearest rows, nearest first, as positions in the order of opening.
Result<std::vector<uint32_t>> opened_at(std::span<const float> query, size_t depth,
                                        const PagedPlan& plan) {
  const auto& codes = plan.basis.codes;
  const auto& directory = plan.directory;
  ASSIGN_OR_RETURN(const auto weights, weigh_query(codes, query));
  const auto scan = make_scan_tables(codes, weights);
  const size_t cells = directory.first_row.size() - 1;
  const auto similarities = centroid_similarities(directory, weights);
  const auto reach = cell_reach(directory, similarities);
  TopK best(depth);
  std::vector<uint32_t> cell_of_row(directory.first_row.back());
  for (size_t cell = 0; cell < cells; ++cell) {
    const int32_t offset = scan_offset(similarities[cell], scan);
    for (uint32_t row = directory.first_row[cell]; row < directory.first_row[cell + 1]; ++row) {
      const uint8_t* code = plan.codes.data() + row * codes.row_bytes();
      int32_t sum = offset;
      for (size_t b = 0; b < codes.first_bytes(); ++b) {
        sum += scan.tables[b * 32 + (code[b] & 15)];
        sum += scan.tables[b * 32 + 16 + (code[b] >> 4)];
      }
      best.offer(-sum, row);
      cell_of_row[row] = static_cast<uint32_t>(cell);
    }
  }
  std::vector<uint32_t> order(cells);
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return reach[a] > reach[b]; });
  std::vector<uint32_t> position(cells);
  for (uint32_t i = 0; i < cells; ++i) position[order[i]] = i;
  std::vector<uint32_t> opened;
  for (const auto& neighbor : best.take_sorted()) {
    opened.push_back(position[cell_of_row[neighbor.ordinal]]);
  }
  return opened;
}

}  // namespace

Result<std::vector<uint32_t>> measure_reach(const HeldOutTruth& truth, const PagedPlan& plan,
                                            double share, unsigned thread_count) {
  const size_t depth =
      std::min<size_t>(size_t{kNearest} << (kReachCount - 1), plan.source_rows.size());
  const size_t count = std::min(truth.query_count(), kMostQueries);
  std::vector<Result<std::vector<uint32_t>>> opened(count, std::vector<uint32_t>{});
  parallel_for(count, thread_count, [&](size_t i) {
    opened[i] = opened_at(truth.query(i * truth.query_count() / count), depth, plan);
  });
  std::vector<uint32_t> reach;
  for (size_t step = 0; step < kReachCount; ++step) {
    std::vector<uint32_t> positions;
    for (const auto& query : opened) {
      if (!query) return query.error();
      const size_t taken = std::min(query->size(), size_t{kNearest} << step);
      positions.insert(positions.end(), query->begin(),
                       query->begin() + static_cast<ptrdiff_t>(taken));
    }
    std::sort(positions.begin(), positions.end());
    const double last = std::ceil(share * static_cast<double>(positions.size()));
    reach.push_back(positions.empty() ? 1 : positions[static_cast<size_t>(last) - 1] + 1);
  }
  return reach;
}

}  // namespace sightline
