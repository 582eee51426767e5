#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "indexer/base/progress.h"
#include "indexer/bundle/bundle_writer.h"
#include "indexer/index/build_checkpoint.h"
#include "indexer/index/code_fitting.h"
#include "indexer/index/facet_writer.h"
#include "native/base/result.h"
#include "native/bundle/records.h"
#include "native/bundle/root.h"

namespace sightline {

class HeldOutTruth;

// Where the rows come from: read(first, count, rows) fills [count, dim] with unit rows. Called from
// several threads at once.
struct RowSource {
  uint32_t row_count = 0;
  uint32_t dim = 0;
  std::function<Result<void>(uint32_t first, uint32_t count, std::span<float> rows)> read;
};

struct PagedOptions {
  CodeFitting fitting;
  // Cells grow with the root of the rows, so that neither their directory nor one cell gets large;
  // their objects stay between these sizes.
  double cells_per_root = 3;
  uint32_t min_cell_bytes = 4u << 10;
  uint32_t max_cell_bytes = 32u << 10;
  // Text queries weigh all components alike, so that centroids must be known in many. At 1M rows
  // and 10,000 rows opened: 64 components find 0.84 of the true 10, 192 find 0.94, all 512 0.945.
  uint32_t centroid_components = 192;
  uint32_t piece_rows = 16;
  uint32_t max_files = 19'500;  // cells and pieces; pieces grow where there would be more
  // Rows that codes and cells are fitted to: so many, and so many a cell if that is more. At 1M
  // rows cells fitted to 18 rows each are opened a third more often than those fitted to 58; at
  // 100k fitting to all rows instead of two thirds saves 2 of 23 cells.
  uint32_t sample_rows = 131'072;
  uint32_t sample_rows_per_cell = 64;
  uint32_t iterations = 10;
  uint64_t seed = 1;
  // Share of the true 10 nearest of a held-out query that the opened cells must hold, that must be
  // left after refinement, and that must be found where all cells are in memory.
  double probe_recall = 0.95;
  // More cells than probe_recall needs where the first answer finds fewer than this, up to those
  // that hold most_probe_recall.
  double first_recall = 0.915;
  double most_probe_recall = 0.97;
  double settled_recall = 0.91;
  double warm_recall = 0.955;
  unsigned thread_count = 1;
};

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

// The cell of every row, and the means of the cells' rows.
struct AssignedRows {
  std::vector<uint32_t> cells;  // [rows]
  std::vector<float> means;     // [cells, dim]; the mean of all for a cell without rows
};

// Which cells there are and which rows lie in them: what takes longest of a plan.
struct PlannedCells {
  FittedBasis basis;          // without steps and digits
  std::vector<float> places;  // [cells, cluster components]
  AssignedRows assigned;      // empty until the rows have been assigned
};

// Components that decide which rows lie together within a cell.
inline constexpr uint32_t kOrderComponents = 16;

// The rows of a cell such that similar ones lie together: halves it along the component that
// spreads most until a part fits a piece. places: [rows, kOrderComponents].
void order_cell(std::span<uint32_t> rows, std::span<const float> places, size_t piece_rows);

// What one pass over all rows yields, in the source's order.
struct EncodedRows {
  std::vector<uint32_t> cells;    // [rows]
  std::vector<uint8_t> codes;     // [rows, row_bytes]
  std::vector<float> places;      // [rows, kOrderComponents], relative to the cell
  std::vector<double> residuals;  // [cells]: sums of squared distances from the centroid
};

// Finds the cells of rows and codes them, by the plan's basis, centroids and places.
Result<EncodedRows> encode_rows(const RowSource& rows, const PagedPlan& plan, HeldOutTruth& truth,
                                unsigned thread_count, Progress& progress);

// queries: [m, dim] unit rows, such as texts; may be empty: then rows stand in for them. A function
// of (rows, queries, options) but for the number of threads; goes on from the cells that the
// checkpoint has kept; null: there is none.
Result<PagedPlan> plan_paged_index(const RowSource& rows, std::span<const float> queries,
                                   const PagedOptions& options, BuildCheckpoint* checkpoint,
                                   Progress& progress);

using RecordOf = std::function<Result<ImageRecord>(uint32_t source_row)>;

struct PagedParts {
  IndexInfo index;
  FacetInfo facets;
};

// Writes the cells and their pieces, and the facets. record_of is asked in the order of the index.
Result<PagedParts> write_paged_index(const PagedPlan& plan, const RecordOf& record_of,
                                     FacetWriter facets, BundleWriter& writer, Progress& progress);

// The cells alone, of which the first row has that ordinal; facets: null where they have none.
Result<std::vector<ObjectRef>> write_cells(const PagedPlan& plan, uint32_t first_ordinal,
                                           const RecordOf& record_of, FacetWriter* facets,
                                           BundleWriter& writer, Progress& progress);

}  // namespace sightline
