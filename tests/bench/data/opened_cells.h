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

// What a query opens: means over the queries.
struct Opened {
  double cells = 0;
  double rows = 0;
  double bytes = 0;
};

enum class Opening {
  kNumber,  // as many cells for every query
  kDepth,   // those that reach to a depth, as paged bundles do (FORMAT.md, section 5b)
};

// The least cells that together hold so much of the truth, as ordinals of the base.
Opened opened_for(Opening opening, const RoutedCells& cells, const Vectors& queries,
                  const Ordinals& truth, double recall);

}  // namespace sightline::bench
