#include "indexer/assemble/thumbnail_writer.h"

#include <fstream>

#include <catch2/catch.hpp>

#include "indexer/media/encode_webp.h"
#include "tests/indexer/temporary_folder.h"

using namespace sightline;

TEST_CASE("thumbnails stay in a pack of the base only while all of it is whole") {
  const TemporaryFolder folder;
  auto writer = BundleWriter::open(folder.path());
  REQUIRE(writer);
  const std::vector<uint8_t> first = {1, 2, 3, 4};
  const std::vector<uint8_t> second = {5, 6, 7, 8};
  BundleTables tables;
  tables.records.resize(2);
  ThumbnailWriter thumbnails(2, *writer, tables);
  REQUIRE(thumbnails.add(0, first));
  REQUIRE(thumbnails.add(1, second));
  REQUIRE(thumbnails.finish());
  const ObjectRef pack = tables.records[0].thumbnail->ref;
  REQUIRE(tables.records[1].thumbnail->ref == pack);

  // The second image is gone, the first as it was.
  const auto ref_after_growth = [&]() -> ObjectRef {
    BundleTables grown = tables;
    ThumbnailWriter again(2, *writer, grown);
    REQUIRE(again.add(0, first));
    REQUIRE(again.finish());
    return grown.records[0].thumbnail->ref;
  };
  CHECK(ref_after_growth() == pack);
  std::fstream file(folder.path() + "/" + object_name(pack),
                    std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(6);
  file.put(99);
  file.close();
  const ObjectRef other = ref_after_growth();
  CHECK(other != pack);
  const auto stored = writer->stored(other);
  REQUIRE(stored);
  CHECK(unpack_object(other, *stored));
}

TEST_CASE("a record says how large the thumbnail is, and packs end before an object is too large") {
  const TemporaryFolder folder;
  auto writer = BundleWriter::open(folder.path());
  REQUIRE(writer);
  const auto webp = encode_webp({61, 34, std::vector<uint8_t>(61 * 34 * 3, 200)}, {});
  REQUIRE(webp);
  const std::vector<uint8_t> large(kMaxObjectBytes - 1);
  BundleTables tables;
  tables.records.resize(4);
  ThumbnailWriter thumbnails(3, *writer, tables);
  REQUIRE(thumbnails.add(0, *webp));
  REQUIRE(thumbnails.add(1, large));
  REQUIRE(thumbnails.add(2, std::nullopt));
  REQUIRE(thumbnails.add(3, *webp));
  REQUIRE(thumbnails.finish());
  const auto& first = *tables.records[0].thumbnail;
  CHECK(first.width_px == 61);
  CHECK(first.height_px == 34);
  CHECK(first.ref.stored_bytes == webp->size());
  CHECK(tables.records[1].thumbnail->ref.stored_bytes == large.size());
  const auto size = static_cast<uint32_t>(webp->size());
  const uint32_t sizes[] = {size, kMaxObjectBytes - 1, 0, size};
  CHECK(count_thumbnail_objects(sizes, 3) == 3);
  CHECK(count_thumbnail_objects(std::span(sizes).first(3), 1) == 2);
}
