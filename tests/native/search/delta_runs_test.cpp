#include "native/search/delta_runs.h"

#include <catch2/catch.hpp>

namespace sightline {
namespace {

// Five rows of two deltas behind ten of three cells.
DeltaRuns five_rows() {
  CellDeltas deltas;
  deltas.deltas.resize(2);
  deltas.deltas[0].runs = {{0, 1}, {2, 2}};
  deltas.deltas[1].runs = {{0, 2}};
  return {deltas, 10, 3};
}

}  // namespace

TEST_CASE("every row of a delta lies in a run around one cell", "[paged][deltas]") {
  const auto runs = five_rows();
  const std::vector<uint32_t> cells = {0, 2, 2, 0, 0};
  const std::vector<uint32_t> deltas = {0, 0, 0, 1, 1};
  for (uint32_t i = 0; i < cells.size(); ++i) {
    const auto& run = runs.of_row(10 + i);
    CHECK(run.cell == cells[i]);
    CHECK(run.delta == deltas[i]);
    CHECK(run.first_row <= 10 + i);
    CHECK(10 + i < run.end_row);
  }
  CHECK(runs.row_counts() == std::vector<uint32_t>{3, 0, 2});
}

TEST_CASE("the runs around a cell are found, the last one first", "[paged][deltas]") {
  const auto runs = five_rows();
  const auto* run = runs.last_around(0);
  REQUIRE(run != nullptr);
  CHECK(run->first_row == 13);
  run = runs.before(*run);
  REQUIRE(run != nullptr);
  CHECK(run->first_row == 10);
  CHECK(runs.before(*run) == nullptr);
  CHECK(runs.last_around(1) == nullptr);
  CHECK(DeltaRuns(CellDeltas{}, 10, 3).empty());
}

}  // namespace sightline
