#include "tests/bench/data/opened_cells.h"

#include <algorithm>
#include <numeric>

namespace sightline::bench {

Opened opened_for(const RoutedCells& cells, const Vectors& queries, const Ordinals& truth,
                  double recall) {
  const size_t count = cells.bytes.size();
  std::vector<double> sizes(count);
  for (const uint32_t cell : cells.cell_of_row) ++sizes[cell];
  // Of the n-th cell opened, over all queries.
  std::vector<double> found(count), rows(count), bytes(count);
  std::vector<uint32_t> order(count), place(count);
  for (uint32_t q = 0; q < queries.rows; ++q) {
    const auto scores = cells.scores(queries.row(q));
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
    for (uint32_t n = 0; n < count; ++n) {
      place[order[n]] = n;
      rows[n] += sizes[order[n]];
      bytes[n] += cells.bytes[order[n]];
    }
    for (const uint32_t row : truth.row(q)) ++found[place[cells.cell_of_row[row]]];
  }
  const double wanted = recall * queries.rows * truth.k;
  Opened opened;
  for (double total = 0; opened.cells < count && total < wanted; ++opened.cells) {
    total += found[opened.cells];
    opened.rows += rows[opened.cells] / queries.rows;
    opened.bytes += bytes[opened.cells] / queries.rows;
  }
  return opened;
}

}  // namespace sightline::bench
