#include "indexer/index/cell_spread.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

namespace sightline {
namespace {

// Two cells of four rows in three dimensions, equally wide: the first along the first axis, the
// second along the second.
const std::vector<float> kRows = {3, 0, 1, 1, 0, 1, -1, 0,  1, -3, 0,  1,
                                  0, 3, 1, 0, 1, 1, 0,  -1, 1, 0,  -3, 1};
const std::vector<uint32_t> kCells = {0, 0, 0, 0, 1, 1, 1, 1};
const std::vector<float> kMeans = {0, 0, 1, 0, 0, 1};

TEST_CASE("a cell is as wide as its rows differ for the queries that come near it") {
  std::vector<float> spread = {2, 2};
  fit_spread({kRows, kCells, kMeans, 3}, std::vector<float>{1, 0, 1}, 1, spread);
  // Variances 5 and 0 along the query, and 4 as assumed, three times.
  CHECK(spread[0] == Approx(std::sqrt((5 + 3 * 4) / 4.0)));
  CHECK(spread[1] == Approx(std::sqrt((0 + 3 * 4) / 4.0)));
}

TEST_CASE("without queries the spread of cells stays as it was assumed") {
  std::vector<float> spread = {1, 2};
  fit_spread({kRows, kCells, kMeans, 3}, {}, 2, spread);
  CHECK(spread == std::vector<float>{1, 2});
}

TEST_CASE("the spread of cells does not depend on the number of threads") {
  std::vector<float> queries;
  for (int i = 0; i < 100; ++i) {
    queries.insert(queries.end(), {std::sin(float(i)), std::cos(float(i)), 1.0f});
  }
  std::vector<float> one = {1, 1};
  std::vector<float> two = one;
  fit_spread({kRows, kCells, kMeans, 3}, queries, 1, one);
  fit_spread({kRows, kCells, kMeans, 3}, queries, 2, two);
  CHECK(one == two);
}

}  // namespace
}  // namespace sightline
