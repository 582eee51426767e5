#include "native/search/cell_scan.h"

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

void BestRows::offer(int32_t distance, uint32_t row, RowFilter allowed) {
  if (best_.full() && distance > best_.worst()) return;
  if (row_allowed(allowed, row)) best_.offer(distance, row);
}

void BestRows::offer_group(const uint16_t* sums, int32_t offset, uint32_t first_row, uint32_t rows,
                           RowFilter allowed) {
  for (uint32_t i = 0; i < rows; ++i) offer(-(offset + sums[i]), first_row + i, allowed);
}

}  // namespace sightline
