#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "indexer/base/progress.h"
#include "indexer/index/code_fitting.h"
#include "indexer/index/row_source.h"
#include "native/base/result.h"

namespace sightline {

class HeldOutTruth;
struct PagedPlan;

// The cell of every row, and the means of the cells' rows.
struct AssignedRows {
  std::vector<uint32_t> cells;  // [rows]
  std::vector<float> means;     // [cells, dim]; the mean of all for a cell without rows
};

// The nearest cell of every row. places: of the cells, [cells, cluster components].
Result<AssignedRows> assign_rows(const RowSource& rows, const FittedBasis& basis,
                                 std::span<const float> places, unsigned thread_count,
                                 Progress& progress);

// Components that decide which rows lie together within a cell.
inline constexpr uint32_t kOrderComponents = 16;

// What one pass over rows yields, in the source's order. A row's cell, code and place depend on it
// and the plan alone, so that parts of a collection can be encoded apart.
struct EncodedRows {
  std::vector<uint32_t> cells;    // [rows]
  std::vector<uint8_t> codes;     // [rows, row_bytes]
  std::vector<float> places;      // [rows, kOrderComponents], relative to the cell
  std::vector<double> residuals;  // [cells]: sums of squared distances from the centroid
};

// Codes rows whose cells are known, by the plan's basis and centroids, and offers them to the
// truth. cells: [rows].
Result<EncodedRows> encode_assigned(const RowSource& rows, std::vector<uint32_t> cells,
                                    const PagedPlan& plan, HeldOutTruth& truth,
                                    unsigned thread_count, Progress& progress);

// Finds the cells of rows by the plan's places and codes them.
Result<EncodedRows> encode_rows(const RowSource& rows, const PagedPlan& plan, HeldOutTruth& truth,
                                unsigned thread_count, Progress& progress);

}  // namespace sightline
