#include "native/bundle/root.h"

#include <catch2/catch.hpp>

#include "native/bundle/object.h"
#include "tests/native/search/small_bundle.h"

using namespace sightline;
using namespace sightline::testing;

namespace {

std::vector<uint8_t> small_root_bytes() {
  const auto bundle = make_small_bundle();
  return unpack_object(bundle.root_ref, bundle.stored(bundle.root_ref)).value();
}

// A root with one more section, as a newer writer would add it.
std::vector<uint8_t> with_section(std::vector<uint8_t> root, uint16_t kind, uint16_t flags) {
  uint32_t count;
  std::memcpy(&count, root.data() + 12, 4);
  const size_t table_end = 16 + 12 * size_t{count};
  ++count;
  std::memcpy(root.data() + 12, &count, 4);
  for (size_t entry = 16; entry < table_end; entry += 12) {
    uint32_t offset;
    std::memcpy(&offset, root.data() + entry + 4, 4);
    offset += 12;
    std::memcpy(root.data() + entry + 4, &offset, 4);
  }
  ByteWriter entry;
  entry.write(kind);
  entry.write(flags);
  entry.write(static_cast<uint32_t>(root.size() + 12));
  entry.write(uint32_t{3});
  root.insert(root.begin() + static_cast<ptrdiff_t>(table_end), entry.bytes().begin(),
              entry.bytes().end());
  root.insert(root.end(), {1, 2, 3});
  return root;
}

std::string message(const std::vector<uint8_t>& bytes) {
  const auto root = parse_root(bytes);
  return root ? "accepted" : root.error().message;
}

}  // namespace

TEST_CASE("a root reads back as it was written", "[root]") {
  const auto bytes = small_root_bytes();
  const auto root = parse_root(bytes).value();
  CHECK(root.title == "small");
  CHECK(root.image_count == 60);
  CHECK(root.class_names == std::vector<std::string>{"car", "dog"});
  REQUIRE(root.indexes.size() == 2);
  CHECK(root.indexes[1].row_kind == RowKind::kCrops);
  CHECK(root.indexes[1].row_count == 20);
  CHECK(root.records.size() == 2);
  CHECK(root.quality.size() == 1);
  CHECK(write_root(root) == bytes);
}

TEST_CASE("a section of a newer minor version is skipped unless it is required", "[root]") {
  const auto root = small_root_bytes();
  CHECK(message(with_section(root, 900, 0)) == "accepted");
  CHECK(message(with_section(root, 900, 1)) ==
        "root: section 6 of kind 900 is required and unknown here; use a newer Sightline");
}

TEST_CASE("a section that may stand once only is refused the second time", "[root][corrupt]") {
  CHECK(message(with_section(small_root_bytes(), 5, 0)) ==
        "root: section 6 of kind 5 stands there twice");
}

TEST_CASE("a newer major version is refused with both numbers", "[root]") {
  auto root = small_root_bytes();
  root[8] = 2;
  CHECK(message(root) ==
        "root: format version 2.0, this reader knows version 1; use a newer Sightline");
}

TEST_CASE("each malformed root has its own sentence", "[root][corrupt]") {
  const auto good = small_root_bytes();
  auto root = good;
  root[0] = 'X';
  CHECK(message(root) == "root: it does not begin with 'SLBUNDLE'; this is no Sightline bundle");
  CHECK(message({}) == "root: it does not begin with 'SLBUNDLE'; this is no Sightline bundle");

  root = good;
  root[12] = 255;
  root[13] = 3;
  CHECK(message(root).find("root: 1023 sections do not fit") == 0);

  root = good;
  root.resize(root.size() - 1);
  CHECK(message(root).find("lies outside the root's") != std::string::npos);

  const auto edit = [&](auto&& change) {
    Root edited = parse_root(good).value();
    change(edited);
    return message(write_root(edited));
  };
  CHECK(edit([](Root& r) { r.indexes[0].dim = 16; }).find("index: the codes hold") == 0);
  CHECK(edit([](Root& r) { r.model.embedding_dim = 64; }) ==
        "root: an index of 32 dimensions beside a model of 64");
  CHECK(edit([](Root& r) { r.indexes[0].similarity_stddev = 0; }) ==
        "index: the spread of similarities is not a finite positive number");
  CHECK(edit([](Root& r) { r.image_count = 61; }).find("root: the image ids hold 720 bytes") == 0);
  CHECK(edit([](Root& r) { r.records[0].first_ordinal = 5; }).find("root: a piece of records") ==
        0);
  CHECK(edit([](Root& r) { r.records.clear(); }) ==
        "root: the pieces of records do not cover 60 images");
  CHECK(edit([](Root& r) { r.deltas.removed = {60}; }) ==
        "root: an image was removed that is not there");
  CHECK(edit([](Root& r) {
          r.deltas.generations.push_back({1, {}, {}});
        }) == "root: deltas without the paged index that they belong to");
}
