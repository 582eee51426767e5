#pragma once

#include <functional>
#include <span>
#include <vector>

#include "tests/bench/data/npy_vectors.h"

namespace sightline::bench {

// Rows in cells, and which of them a query opens first.
struct RoutedCells {
  std::vector<uint32_t> cell_of_row;  // [rows of the base]
  std::vector<double> bytes;          // [cells]: what opening one transfers
  // [cells]: the highest is opened first.
  std::function<std::vector<double>(std::span<const float> query)> scores;
};

// What a query opens: means over the queries, but for the cells, which are the same for all.
struct Opened {
  uint32_t cells = 0;
  double rows = 0;
  double bytes = 0;
};

// The least number of cells that together hold so much of the truth, as ordinals of the base.
Opened opened_for(const RoutedCells& cells, const Vectors& queries, const Ordinals& truth,
                  double recall);

}  // namespace sightline::bench
