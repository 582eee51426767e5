#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "indexer/base/progress.h"
#include "indexer/index/build_checkpoint.h"
#include "indexer/index/code_fitting.h"
#include "indexer/index/index_options.h"
#include "indexer/index/row_source.h"
#include "native/base/result.h"
#include "native/bundle/cells.h"

namespace sightline {

// What was found on held-out queries while choosing how far a search goes.
struct PagedQuality {
  uint32_t queries = 0;
  double recall_at_10 = 0;
  double first_recall = 0;  // true 10 nearest among the rows of the first answer
};

// Rows in the order of their cells, encoded.
struct PagedPlan {
  FittedBasis basis;
  CellDirectory directory;            // all but the references
  std::vector<uint32_t> source_rows;  // [row_count]: the source's row of each row of the index
  std::vector<uint8_t> codes;         // [row_count, row_bytes]
  std::vector<float> places;          // [cells, cluster components]: what decides a row's cell
  uint32_t piece_rows = 0;
  std::vector<uint32_t> reach;  // FacetInfo::reach
  PagedQuality quality;
};

// Plans an index from the rows to what write_paged_index writes, by the steps of this folder:
// sample_source, plan_cells, fit_cell_codes, encode_assigned, arrange_rows, tune_effort and
// measure_reach. queries: [m, dim] unit rows, such as texts; may be empty: then rows stand in for
// them. A function of (rows, queries, options) but for the number of threads; goes on from the
// cells that the checkpoint has kept; null: there is none.
Result<PagedPlan> plan_paged_index(const RowSource& rows, std::span<const float> queries,
                                   const PagedOptions& options, BuildCheckpoint* checkpoint,
                                   Progress& progress);

}  // namespace sightline
