#include "indexer/index/index_plan.h"

#include <algorithm>
#include <cmath>

#include "indexer/index/arrange_rows.h"
#include "indexer/index/cell_codes.h"
#include "indexer/index/cell_spread.h"
#include "indexer/index/encode_rows.h"
#include "indexer/index/facet_reach.h"
#include "indexer/index/paged_tuning.h"
#include "indexer/index/plan_cells.h"

namespace sightline {
namespace {

constexpr size_t kStandInQueries = 800;

// How unlike the rows of each cell are to one another for the queries that come near: [cells].
std::vector<float> measure_cells(const CellSample& sample, std::span<const float> queries,
                                 const EncodedRows& encoded, unsigned thread_count) {
  std::vector<uint32_t> counts(encoded.residuals.size());
  for (const uint32_t cell : encoded.cells) ++counts[cell];
  std::vector<float> spread;
  for (size_t cell = 0; cell < counts.size(); ++cell) {
    spread.push_back(
        static_cast<float>(std::sqrt(encoded.residuals[cell] / std::max(1u, counts[cell]))));
  }
  // Rows stand in where there are no queries.
  std::vector<float> stand_ins;
  const size_t count = sample.cells.size();
  for (size_t i = 0; queries.empty() && i < std::min(kStandInQueries, count); ++i) {
    const auto row =
        sample.rows.subspan(i * count / std::min(kStandInQueries, count) * sample.dim, sample.dim);
    stand_ins.insert(stand_ins.end(), row.begin(), row.end());
  }
  fit_spread(sample, queries.empty() ? stand_ins : queries, thread_count, spread);
  return spread;
}

// Rows of a piece, more than wanted where there would be too many files.
uint32_t choose_piece_rows(uint32_t row_count, size_t cell_count, const PagedOptions& options) {
  // A cell ends in half a piece on average.
  const size_t cell_files = cell_count * 3 / 2;
  const auto fitting_rows = static_cast<uint32_t>(
      row_count /
          std::max<size_t>(1, options.max_files - std::min<size_t>(options.max_files, cell_files)) +
      1);
  return std::max(options.piece_rows, fitting_rows);
}

}  // namespace

Result<PagedPlan> plan_paged_index(const RowSource& rows, std::span<const float> queries,
                                   const PagedOptions& options, BuildCheckpoint* checkpoint,
                                   Progress& progress) {
  progress.begin("fit codes");
  ASSIGN_OR_RETURN(const auto sample, sample_source(rows, options));
  const auto split = HeldOutQueries::split(queries, sample.values, rows.dim);
  ASSIGN_OR_RETURN(auto cells,
                   plan_cells(rows, sample, split.fitting, options, checkpoint, progress));
  std::vector<uint32_t> sample_cells;
  for (const uint32_t row : sample.rows) sample_cells.push_back(cells.assigned.cells[row]);
  const CellSample cell_sample{sample.values, sample_cells, cells.assigned.means, rows.dim};

  PagedPlan plan;
  plan.basis = std::move(cells.basis);
  plan.places = std::move(cells.places);
  fit_cell_codes(cell_sample, options, plan.basis, plan.directory);
  plan.piece_rows =
      choose_piece_rows(rows.row_count, cells.assigned.means.size() / rows.dim, options);

  HeldOutTruth truth(split.held_out, rows.dim);
  ASSIGN_OR_RETURN(auto encoded, encode_assigned(rows, std::move(cells.assigned.cells), plan, truth,
                                                 options.thread_count, progress));
  const auto spread = measure_cells(cell_sample, split.fitting, encoded, options.thread_count);
  arrange_rows(std::move(encoded), spread, plan);
  progress.begin("tune");
  RETURN_IF_ERROR(tune_effort(truth, options, plan));
  ASSIGN_OR_RETURN(plan.reach,
                   measure_reach(truth, plan, options.probe_recall, options.thread_count));
  progress.end();
  return plan;
}

}  // namespace sightline
