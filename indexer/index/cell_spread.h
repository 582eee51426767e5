#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sightline {

// Rows of cells, and what lies near them.
struct CellSample {
  std::span<const float> rows;      // [n, dim]: some of the rows of the cells
  std::span<const uint32_t> cells;  // [n]: where they are
  std::span<const float> means;     // [cells, dim]
  uint32_t dim = 0;
};

// How far the similarities of a cell's rows to a query are from one another: the root mean square,
// over the queries that come near the cell, of their standard deviation. A cell can hold what a
// query looks for where its rows differ in what such queries ask, however alike they are otherwise.
//
// spread: [cells], changed in place: before, what is to be assumed where hardly any query is known
// to come. queries: [m, dim]. Results do not depend on the number of threads.
void fit_spread(const CellSample& sample, std::span<const float> queries, unsigned thread_count,
                std::span<float> spread);

}  // namespace sightline
