#pragma once

#include <cstdint>

#include "indexer/index/code_fitting.h"

namespace sightline {

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
  // Rows that codes and cells are fitted to: at least sample_rows, and sample_rows_per_cell of each
  // cell if that is more. At 1M rows cells fitted to 18 rows each are opened a third more often
  // than those fitted to 58; at 100k fitting to all rows instead of two thirds saves 2 of 23 cells.
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
  unsigned thread_count = 1;  // changes no byte
};

}  // namespace sightline
