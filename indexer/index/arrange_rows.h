#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "indexer/index/encode_rows.h"
#include "indexer/index/index_plan.h"

namespace sightline {

// The rows of a cell such that similar ones lie together: halves it along the component that
// spreads most until a part fits a piece. places: [rows, kOrderComponents].
void order_cell(std::span<uint32_t> rows, std::span<const float> places, size_t piece_rows);

// Sorts the encoded rows by cell, within a cell for its pieces, and puts them into the plan, which
// has basis, centroids, places and piece_rows. Cells without rows are left out. spread: [cells],
// as fit_spread gives it.
void arrange_rows(EncodedRows encoded, std::span<const float> spread, PagedPlan& plan);

}  // namespace sightline
