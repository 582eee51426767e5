#include "indexer/index/facet_reach.h"

#include <algorithm>
#include <cmath>

#include "indexer/base/parallel.h"
#include "indexer/index/paged_tuning.h"
#include "indexer/index/scan_plan.h"
#include "native/bundle/facets.h"
#include "native/search/cell_scan.h"

namespace sightline {
namespace {

constexpr size_t kMostQueries = 50;
constexpr uint32_t kNearest = 10;

// The cells of a query's nearest rows, nearest first, as positions in the order of opening.
Result<std::vector<uint32_t>> opened_at(std::span<const float> query, size_t depth,
                                        const PagedPlan& plan) {
  const auto& directory = plan.directory;
  ASSIGN_OR_RETURN(const auto weights, weigh_query(plan.basis.codes, query));
  const auto scan = make_scan_tables(plan.basis.codes, weights);
  const auto similarities = centroid_similarities(directory, weights);
  TopK best(depth);
  for (uint32_t cell = 0; cell < similarities.size(); ++cell) {
    scan_cell(plan, cell, similarities[cell], scan, best);
  }
  const auto order = opening_order(cell_reach(directory, similarities));
  std::vector<uint32_t> position(order.size());
  for (uint32_t i = 0; i < order.size(); ++i) position[order[i]] = i;
  std::vector<uint32_t> opened;
  for (const auto& neighbor : best.take_sorted()) {
    opened.push_back(position[cell_of(directory, neighbor.ordinal)]);
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
