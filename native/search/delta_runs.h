#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "native/bundle/cell_deltas.h"

namespace sightline {

// The rows of deltas, which follow those of the cells: in runs, each around the centroid of one
// cell.
class DeltaRuns {
 public:
  struct Run {
    uint32_t first_row = 0;
    uint32_t end_row = 0;
    uint32_t cell = 0;   // whose centroid it is
    uint32_t delta = 0;  // position among the deltas
  };

  DeltaRuns() = default;
  // first_row: of the first delta. The deltas' cells are below cell_count.
  DeltaRuns(const CellDeltas& deltas, uint32_t first_row, size_t cell_count);

  bool empty() const { return runs_.empty(); }
  std::span<const Run> all() const { return runs_; }
  // The run of a row of a delta.
  const Run& of_row(uint32_t row) const;

  // The runs around a cell, the last one first; then null.
  const Run* last_around(uint32_t cell) const { return run_at(last_[cell]); }
  const Run* before(const Run& run) const {
    return run_at(before_[static_cast<size_t>(&run - runs_.data())]);
  }
  // Rows around each cell: [cells].
  std::vector<uint32_t> row_counts() const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  const Run* run_at(uint32_t position) const {
    return position == kNone ? nullptr : &runs_[position];
  }

  std::vector<Run> runs_;
  // [cells], the last run of each, and [runs], the one of the same cell before it, or kNone.
  std::vector<uint32_t> last_, before_;
};

}  // namespace sightline
