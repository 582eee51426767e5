#include "native/search/delta_runs.h"

#include <algorithm>

namespace sightline {

DeltaRuns::DeltaRuns(const CellDeltas& deltas, uint32_t first_row, size_t cell_count)
    : last_(cell_count, kNone) {
  uint32_t row = first_row;
  for (uint32_t delta = 0; delta < deltas.deltas.size(); ++delta) {
    for (const auto& run : deltas.deltas[delta].runs) {
      before_.push_back(last_[run.cell]);
      last_[run.cell] = static_cast<uint32_t>(runs_.size());
      runs_.push_back({row, row + run.row_count, run.cell, delta});
      row += run.row_count;
    }
  }
}

const DeltaRuns::Run& DeltaRuns::of_row(uint32_t row) const {
  const auto after =
      std::upper_bound(runs_.begin(), runs_.end(), row,
                       [](uint32_t value, const Run& run) { return value < run.first_row; });
  return *(after - 1);
}

std::vector<uint32_t> DeltaRuns::row_counts() const {
  std::vector<uint32_t> counts(last_.size());
  for (const auto& run : runs_) counts[run.cell] += run.end_row - run.first_row;
  return counts;
}

}  // namespace sightline
