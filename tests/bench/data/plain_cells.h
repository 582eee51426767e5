#pragma once

#include "tests/bench/data/npy_vectors.h"

namespace sightline::bench {

// Plain k-means cells, which an IVF index without further thought would have.
class PlainCells {
 public:
  // The first cell_count rows are the seeds, the first 64 a cell the sample.
  PlainCells(const Vectors& base, uint32_t cell_count);

  uint32_t count() const { return centers_.rows; }

  const std::vector<uint32_t>& cell_of_row() const { return cells_; }
  // The inner products of the centers with a query: [cells].
  std::vector<double> scores(std::span<const float> query) const;

 private:
  Vectors centers_;
  std::vector<uint32_t> cells_;  // of each row
};

// One JSON line: percent of the cells to open, best center first, for recall 0.90 and 0.95. truth:
// [queries, k] ordinals of the base.
void print_opened(const std::string& query_kind, const PlainCells& cells, const Vectors& queries,
                  const Ordinals& truth);

}  // namespace sightline::bench
