#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "indexer/base/progress.h"
#include "indexer/index/build_checkpoint.h"
#include "indexer/index/code_fitting.h"
#include "indexer/index/encode_rows.h"
#include "indexer/index/index_options.h"
#include "indexer/index/row_source.h"
#include "native/base/result.h"

namespace sightline {

// Rows that codes and cells are fitted to.
struct RowSample {
  std::vector<uint32_t> rows;  // [n], of the source, ascending
  std::vector<float> values;   // [n, dim]
};

// As many rows as the options say, spread evenly over the source; all where it has fewer.
Result<RowSample> sample_source(const RowSource& rows, const PagedOptions& options);

// Which cells there are and which rows lie in them: what takes longest of a plan.
struct PlannedCells {
  FittedBasis basis;          // without steps and digits
  std::vector<float> places;  // [cells, cluster components]
  AssignedRows assigned;      // empty until the rows have been assigned
};

// Fits the basis, clusters the sample and assigns the rows, or as much of that as a build that was
// stopped has not done. queries: [m, dim] unit rows to fit to; may be empty. checkpoint: null:
// nothing is kept.
Result<PlannedCells> plan_cells(const RowSource& rows, const RowSample& sample,
                                std::span<const float> queries, const PagedOptions& options,
                                BuildCheckpoint* checkpoint, Progress& progress);

}  // namespace sightline
