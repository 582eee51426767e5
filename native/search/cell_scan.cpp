#include "native/search/cell_scan.h"

#include <algorithm>
#include <functional>

namespace sightline {

std::vector<double> centroid_similarities(const CellDirectory& directory,
                                          const QueryWeights& query) {
  std::vector<double> similarities(directory.spread.size());
  const int8_t* values = directory.centroids.data();
  for (size_t c = 0; c < directory.centroid_components(); ++c) {
    const double weight = query.weights[c] * directory.centroid_scale[c];
    for (double& similarity : similarities) similarity += weight * *values++;
  }
  return similarities;
}

std::vector<double> cell_reach(const CellDirectory& directory,
                               std::span<const double> similarities) {
  std::vector<double> reach(similarities.begin(), similarities.end());
  for (size_t cell = 0; cell < reach.size(); ++cell) {
    reach[cell] += double{directory.spread_weight} * directory.spread[cell];
  }
  return reach;
}

ReachScale reach_scale(std::span<const double> reach) {
  const size_t kept = reach.size() < 12 ? 1 : 3;
  std::vector<double> best;  // falling
  double sum = 0;
  for (const double value : reach) {
    sum += value;
    best.insert(std::upper_bound(best.begin(), best.end(), value, std::greater<>()), value);
    if (best.size() > kept) best.pop_back();
  }
  double top = 0;
  for (const double value : best) top += value;
  top /= static_cast<double>(std::max<size_t>(1, best.size()));
  const double mean = sum / static_cast<double>(std::max<size_t>(1, reach.size()));
  // Of equal reaches rounding may put the mean above.
  return {top, std::min(mean, top)};
}

size_t cells_in_depth(const CellDirectory& directory, std::span<const double> reach) {
  const auto scale = reach_scale(reach);
  const double least = scale.top - scale.depth(directory.probe_depth);
  const auto count =
      std::count_if(reach.begin(), reach.end(), [&](double value) { return value >= least; });
  const uint64_t usual = std::max(1u, directory.probe_cells);
  return static_cast<size_t>(std::clamp<uint64_t>(
      static_cast<uint64_t>(count), std::min(kLeastCells, usual), kMostPerProbe * usual));
}

void BestRows::offer(int32_t distance, uint32_t row, RowFilter allowed) {
  if (best_.full() && distance > best_.worst()) return;
  if (row_allowed(allowed, row)) best_.offer(distance, row);
}

void BestRows::offer_group(const uint16_t* sums, int32_t offset, uint32_t first_row, uint32_t rows,
                           RowFilter allowed) {
  for (uint32_t i = 0; i < rows; ++i) offer(-(offset + sums[i]), first_row + i, allowed);
}

}  // namespace sightline
