#include "indexer/assemble/thumbnail_writer.h"

#include <fstream>

#include <catch2/catch.hpp>

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
