#include "native/bundle/cells.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "native/bundle/object.h"

using namespace sightline;

namespace {

CellDirectory two_cells() {
  const std::vector<uint8_t> payload(10);
  CellDirectory directory;
  directory.probe_cells = 1;
  directory.probe_depth = 0.25f;
  directory.first_rows = 50;
  directory.settled_rows = 100;
  directory.spread_weight = 1.5f;
  directory.centroid_scale = {0.5f};
  directory.centroids = {1, -2};
  directory.spread = {0.25f, 0};
  directory.first_row = {0, 3, 7};
  directory.cells = {pack_object(ObjectKind::kCell, payload).ref,
                     pack_object(ObjectKind::kCell, payload).ref};
  return directory;
}

Result<CellDirectory> read_back(const CellDirectory& directory, uint32_t row_count) {
  ByteWriter writer;
  write_cell_directory(writer, directory);
  ByteReader reader(writer.bytes());
  return read_cell_directory(reader, row_count);
}

}  // namespace

TEST_CASE("the directory of cells reads back", "[cells]") {
  const auto directory = two_cells();
  const auto read = read_back(directory, 7).value();
  CHECK(read.probe_cells == 1);
  CHECK(read.probe_depth == 0.25f);
  CHECK(read.first_rows == 50);
  CHECK(read.settled_rows == 100);
  CHECK(read.spread_weight == 1.5f);
  CHECK(read.centroid_scale == directory.centroid_scale);
  CHECK(read.centroids == directory.centroids);
  CHECK(read.spread == directory.spread);
  CHECK(read.first_row == directory.first_row);
  CHECK(read.cells == directory.cells);
}

TEST_CASE("figures of cells that are no finite numbers from 0 are refused", "[cells]") {
  const auto refusal = "cells: a scale, a spread or a depth is not a finite number from 0";
  for (const float bad : {-1.0f, std::numeric_limits<float>::infinity(), std::nanf("")}) {
    for (float CellDirectory::*figure :
         {&CellDirectory::probe_depth, &CellDirectory::spread_weight}) {
      auto directory = two_cells();
      directory.*figure = bad;
      CHECK(read_back(directory, 7).error().message == refusal);
    }
    for (auto CellDirectory::*figures : {&CellDirectory::spread, &CellDirectory::centroid_scale}) {
      auto directory = two_cells();
      (directory.*figures)[0] = bad;
      CHECK(read_back(directory, 7).error().message == refusal);
    }
  }
  auto none = two_cells();
  none.probe_cells = 0;
  CHECK(read_back(none, 7).error().message == "cells: a query opens none of them");
  CHECK(read_back(two_cells(), 8).error().message ==
        "cells: their rows do not add up to the 8 of the index");
}
