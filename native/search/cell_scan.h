#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
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

// How similar the rows of each cell may be to a query: its centroid's similarity, and more where
// the rows spread: [cells].
std::vector<double> cell_reach(const CellDirectory& directory,
                               std::span<const double> similarities);

// How far reaches stand out: which cells a query opens is decided in units of this.
struct ReachScale {
  double top = 0;   // the mean of the largest three, or the largest of fewer than 12
  double mean = 0;  // of all

  double depth(double share) const { return share * (top - mean); }  // below the top
};
ReachScale reach_scale(std::span<const double> reach);

// A query opens no fewer cells (but as many as usual), for of a few that stand out the order is a
// matter of chance; and where none stands out no more than so many times the usual number.
inline constexpr uint64_t kLeastCells = 4;
inline constexpr uint64_t kMostPerProbe = 4;

// Cells that a query opens: those that reach to the bundle's depth. reach: [cells].
size_t cells_in_depth(const CellDirectory& directory, std::span<const double> reach);

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
