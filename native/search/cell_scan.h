#pragma once

#include <cstdint>
#include <vector>

#include "native/bundle/cells.h"
#include "native/vectors/exact_search.h"
#include "native/vectors/query_aware_codes.h"
#include "native/vectors/top_k.h"

namespace sightline {

// The loops of a paged search over cells and rows: of its code, all that must be quick.

// The similarity of every cell's centroid to a query: [cells].
std::vector<double> centroid_similarities(const CellDirectory& directory,
                                          const QueryWeights& query);

// Keeps the rows of the largest sums over all cells scanned.
class BestRows {
 public:
  explicit BestRows(size_t count) : best_(count) {}

  // sums: [rows] in the tables' unit; offset is what the cell's centroid adds.
  void offer_group(const uint16_t* sums, int32_t offset, uint32_t first_row, uint32_t rows,
                   RowFilter allowed);
  void offer(int32_t distance, uint32_t row, RowFilter allowed);

  std::vector<Neighbor> take() { return best_.take_sorted(); }

 private:
  TopK best_;
};

}  // namespace sightline
