#include <catch2/catch.hpp>

#include "native/bundle/columns.h"
#include "native/bundle/examples.h"
#include "native/bundle/image_ids.h"
#include "native/bundle/records.h"
#include "native/bundle/views.h"
#include "tests/native/search/small_bundle.h"

using namespace sightline;
using namespace sightline::testing;

TEST_CASE("views read back, and bad ones are refused by row", "[views]") {
  std::vector<ViewRow> rows = {{0, {ViewKind::kWhole, {0, 0, 9, 9}}},
                               {2, {ViewKind::kTile, {1, 2, 70000, 4}}}};
  CHECK(parse_views(write_views(rows), 2, 3).value() == rows);
  CHECK(parse_views(write_views(rows), 2, 2).error().message ==
        "views: row 1 shows image 2, but there are 2");
  CHECK(parse_views(write_views(rows), 3, 3).error().message ==
        "views: 42 bytes, expected 63 for 3 rows");
  rows[0].view.box.x1 = 0;
  CHECK(parse_views(write_views(rows), 2, 3).error().message == "views: row 0 has an empty box");
}

TEST_CASE("records read back with everything that may be absent", "[records]") {
  ImageRecord full = small_record(4);
  full.camera = "image_02";
  full.media_url = "https://example.org/a b.jpg";
  full.latitude_deg = 49.01;
  full.longitude_deg = 8.43;
  ThumbnailRecord thumbnail;
  thumbnail.ref = pack_object(ObjectKind::kThumbnailPack, std::vector<uint8_t>(100)).ref;
  thumbnail.offset = 10;
  thumbnail.byte_count = 90;
  thumbnail.width_px = 512;
  thumbnail.height_px = 384;
  full.thumbnail = thumbnail;
  full.detections[0].confidence = 1.0f;
  const std::vector<ImageRecord> records = {full, ImageRecord{}};
  CHECK(parse_records_piece(write_records_piece(records)).value() == records);

  full.thumbnail->byte_count = 91;
  CHECK(parse_records_piece(write_records_piece({&full, 1})).error().message ==
        "records: a thumbnail lies outside its object");
  auto bytes = write_records_piece(records);
  bytes.push_back(0);
  CHECK(parse_records_piece(bytes).error().message == "records: 1 bytes follow the last one");
  bytes.resize(bytes.size() - 2);
  CHECK(parse_records_piece(bytes).error().message ==
        "records: the bytes end inside the last record");
}

TEST_CASE("a text beyond 65,535 bytes is cut between two characters", "[records]") {
  ImageRecord record;
  for (int i = 0; i < 40000; ++i) record.path += "ä";
  const auto read = parse_records_piece(write_records_piece({&record, 1})).value();
  CHECK(read[0].path.size() == 65534);
  CHECK(record.path.compare(0, 65534, read[0].path) == 0);
}

TEST_CASE("columns read back, and codes and tags outside their values are refused", "[columns]") {
  auto columns = small_columns(12);
  CHECK(parse_columns(write_columns(columns), 12).value() == columns);
  columns[0].codes[3] = 3;
  CHECK(parse_columns(write_columns(columns), 12).error().message ==
        "columns: 'sequence' holds value 3, but there are 3");
  columns = small_columns(12);
  columns[2].tag_offsets[1] = 99;
  CHECK(parse_columns(write_columns(columns), 12).error().message ==
        "columns: the offsets of 'class' do not ascend from 0");
  CHECK_FALSE(parse_columns(write_columns(small_columns(12)), 13).has_value());
  // Twice as many wrap to none where size_t has 32 bits; so does one more than all images.
  columns = small_columns(12);
  columns[2].tag_offsets.back() = 0x80000000;
  CHECK(parse_columns(write_columns(columns), 12).error().message ==
        "columns: the bytes end inside a column");
  CHECK_FALSE(parse_columns(write_columns(small_columns(12)), UINT32_MAX).has_value());
}

TEST_CASE("image ids are found by hash, and a bad table is refused", "[ids]") {
  const std::vector<std::string> ids = {"a", "b", "c", "b"};
  const auto payload = ImageIdTable::write(ids);
  const auto table = ImageIdTable::parse(payload, 4).value();
  CHECK(table.find("c") == std::vector<uint32_t>{2});
  CHECK(table.find("b") == std::vector<uint32_t>{1, 3});
  CHECK(table.find("d").empty());
  CHECK(ImageIdTable::parse(payload, 5).error().message == "image ids: 48 bytes, expected 60");
}

TEST_CASE("examples read back and must have the model's dimension", "[examples]") {
  const std::vector<ExampleQuery> examples = {{"a red car", {1, 0, 0, 0}}, {"näs", {0, 1, 0, 0}}};
  CHECK(parse_examples(write_examples(examples, 4), 4).value() == examples);
  CHECK(parse_examples(write_examples(examples, 4), 8).error().message ==
        "examples: 4 dimensions, the model has 8");
}
