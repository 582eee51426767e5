#include "indexer/increments/bundle_tables.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

using namespace sightline;

namespace {

ImageRecord record_of(std::string sequence, uint16_t class_id, uint32_t width_px) {
  ImageRecord record;
  record.sequence = std::move(sequence);
  record.detections = {{class_id, 0.5f, {}}};
  record.width_px = width_px;
  return record;
}

}  // namespace

TEST_CASE("columns have nothing of images that are gone") {
  BundleTables tables;
  tables.datasets = {"photos"};
  tables.records = {record_of("gone", 1, 10), record_of("a", 0, 20), record_of("b", 0, 30)};
  tables.removed = {0};
  const auto columns = make_columns(tables, {"car", "bus"});

  const Column* sequence = find_column(columns, "sequence");
  REQUIRE(sequence != nullptr);
  CHECK(sequence->values == std::vector<std::string>{"a", "b"});
  CHECK(sequence->codes == std::vector<uint32_t>{0, 0, 1});
  const Column* classes = find_column(columns, "class");
  REQUIRE(classes != nullptr);
  CHECK(classes->tag_offsets == std::vector<uint32_t>{0, 0, 1, 2});
  CHECK(std::ranges::all_of(classes->tags, [](const auto& tag) { return tag.value == 0; }));
  const Column* width = find_column(columns, "width_px");
  REQUIRE(width != nullptr);
  CHECK(std::isnan(width->numbers[0]));
  CHECK(width->numbers[1] == 20);
}
