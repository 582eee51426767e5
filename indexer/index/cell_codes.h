#pragma once

#include <span>
#include <vector>

#include "indexer/index/cell_spread.h"
#include "indexer/index/code_fitting.h"
#include "indexer/index/index_options.h"
#include "native/bundle/cells.h"

namespace sightline {

// The centroids as searches see them, after their rounding to int8: [cells, centroid_components].
std::vector<float> decoded_centroids(const CellDirectory& directory);

// y minus the centroid's components, in place: what codes hold. y may have more components.
void subtract_centroid(std::span<float> y, std::span<const float> centroid);

// Sets the directory's centroids, and the steps and digits of the basis' codes for what lies
// between rows and their centroids. The basis is left with the components that are coded.
void fit_cell_codes(const CellSample& sample, const PagedOptions& options, FittedBasis& basis,
                    CellDirectory& directory);

}  // namespace sightline
