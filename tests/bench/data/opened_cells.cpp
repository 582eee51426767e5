#include "tests/bench/data/opened_cells.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "native/search/cell_scan.h"

namespace sightline::bench {
namespace {

Opened by_number(const RoutedCells& cells, std::span<const double> sizes, const Vectors& queries,
                 const Ordinals& truth, double recall) {
  const size_t count = cells.bytes.size();
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
  double total = 0;
  for (size_t n = 0; n < count && total < wanted; ++n) {
    total += found[n];
    opened.cells += 1;
    opened.rows += rows[n] / queries.rows;
    opened.bytes += bytes[n] / queries.rows;
  }
  return opened;
}

Opened by_depth(const RoutedCells& cells, std::span<const double> sizes, const Vectors& queries,
                const Ordinals& truth, double recall) {
  std::vector<std::vector<double>> depths;  // [queries][cells]
  std::vector<double> needed;
  for (uint32_t q = 0; q < queries.rows; ++q) {
    auto reach = cells.scores(queries.row(q));
    const auto scale = reach_scale(reach);
    auto best = reach;
    const auto least =
        best.begin() + static_cast<ptrdiff_t>(std::min<size_t>(kLeastCells, best.size())) - 1;
    std::nth_element(best.begin(), least, best.end(), std::greater<>());
    // The best few are opened whatever the depth.
    for (double& value : reach) value = value >= *least ? 0 : (scale.top - value) / scale.depth(1);
    for (const uint32_t row : truth.row(q)) needed.push_back(reach[cells.cell_of_row[row]]);
    depths.push_back(std::move(reach));
  }
  std::sort(needed.begin(), needed.end());
  const auto last = static_cast<size_t>(std::ceil(recall * static_cast<double>(needed.size())));
  const double depth = std::max(0.0, needed[std::max<size_t>(1, last) - 1]);
  Opened opened;
  for (const auto& query : depths) {
    for (size_t cell = 0; cell < query.size(); ++cell) {
      if (query[cell] > depth) continue;
      opened.cells += 1.0 / queries.rows;
      opened.rows += sizes[cell] / queries.rows;
      opened.bytes += cells.bytes[cell] / queries.rows;
    }
  }
  return opened;
}

}  // namespace

Opened opened_for(Opening opening, const RoutedCells& cells, const Vectors& queries,
                  const Ordinals& truth, double recall) {
  std::vector<double> sizes(cells.bytes.size());
  for (const uint32_t cell : cells.cell_of_row) ++sizes[cell];
  return opening == Opening::kNumber ? by_number(cells, sizes, queries, truth, recall)
                                     : by_depth(cells, sizes, queries, truth, recall);
}

}  // namespace sightline::bench
