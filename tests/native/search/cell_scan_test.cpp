#include "native/search/cell_scan.h"

#include <catch2/catch.hpp>

namespace sightline {
namespace {

CellDirectory directory_of(uint32_t probe_cells, float probe_depth) {
  CellDirectory directory;
  directory.probe_cells = probe_cells;
  directory.probe_depth = probe_depth;
  return directory;
}

// Reaches of `count` cells, from 1 down to 0 in even steps.
std::vector<double> even_reaches(size_t count) {
  std::vector<double> reach;
  for (size_t i = 0; i < count; ++i) reach.push_back(1 - double{1} * i / (count - 1));
  return reach;
}

}  // namespace

TEST_CASE("a cell reaches farther where its rows spread", "[paged]") {
  CellDirectory directory;
  directory.spread_weight = 2;
  directory.spread = {0.25f, 0, 1};
  CHECK(cell_reach(directory, std::vector<double>{1, 2, -1}) == std::vector<double>{1.5, 2, 1});
}

TEST_CASE("reaches are measured from the best three, of few cells from the best", "[paged]") {
  const auto many = reach_scale(even_reaches(21));
  CHECK(many.top == Approx(0.95));
  CHECK(many.mean == Approx(0.5));
  CHECK(many.depth(0.5) == Approx(0.225));
  const auto few = reach_scale(std::vector<double>{0, 3, 1, 0});
  CHECK(few.top == 3);
  CHECK(few.mean == 1);
  CHECK(reach_scale({}).depth(1) == 0);
  for (size_t count = 12; count < 200; ++count) {
    const auto equal = reach_scale(std::vector<double>(count, 0.1));
    CHECK(equal.depth(1) >= 0);
  }
}

TEST_CASE("a query opens the cells that reach to the bundle's depth", "[paged]") {
  const auto reach = even_reaches(21);
  CHECK(cells_in_depth(directory_of(10, 0.01f), reach) == 4);  // 0.94 or more are 2
  CHECK(cells_in_depth(directory_of(10, 1), reach) == 11);     // 0.5 or more
  CHECK(cells_in_depth(directory_of(10, 100), reach) == 21);   // all
  CHECK(cells_in_depth(directory_of(3, 100), reach) == 12);    // never more than 4 × 3
  CHECK(cells_in_depth(directory_of(0, 100), reach) == 4);     // of a bundle that says none
  CHECK(cells_in_depth(directory_of(1u << 30, 100), reach) == 21);
  auto one = std::vector<double>(100);
  one[7] = 1;
  CHECK(cells_in_depth(directory_of(2, 0.5f), one) == 2);  // one stands out
  one[7] = 0;
  CHECK(cells_in_depth(directory_of(10, 0.5f), one) == 40);  // none does
  CHECK(cells_in_depth(directory_of(1, 0.5f), {}) == 1);
}

}  // namespace sightline
