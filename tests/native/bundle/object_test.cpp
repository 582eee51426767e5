#include "native/bundle/object.h"

#include <string>

#include <catch2/catch.hpp>

#include "native/bundle/compression.h"

using namespace sightline;

namespace {

std::vector<uint8_t> sample_bytes(size_t count) {
  std::vector<uint8_t> bytes(count);
  uint32_t state = 1;
  for (auto& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<uint8_t>((state >> 24) % 7);
  }
  return bytes;
}

}  // namespace

TEST_CASE("an object unpacks to what was packed and is named by its hash", "[object]") {
  const auto raw = sample_bytes(5000);
  const auto object = pack_object(ObjectKind::kViews, raw);
  CHECK(object.ref.compression == Compression::kZstd);
  CHECK(object.stored.size() < raw.size());
  CHECK(unpack_object(object.ref, object.stored).value() == raw);
  const std::string hex = to_hex(sha256(object.stored));
  CHECK(object_name(object.ref) == "objects/" + hex.substr(0, 2) + "/" + hex + ".views");
}

TEST_CASE("bytes that do not shrink are stored as they are", "[object]") {
  const std::vector<uint8_t> raw = {1, 200, 3};
  const auto object = pack_object(ObjectKind::kCodes, raw);
  CHECK(object.ref.compression == Compression::kNone);
  CHECK(object.stored == raw);
  const auto thumbnail = pack_object(ObjectKind::kThumbnail, sample_bytes(5000));
  CHECK(thumbnail.ref.compression == Compression::kNone);
}

TEST_CASE("a large payload is split into parts that join to it", "[object]") {
  const auto raw = sample_bytes((8u << 20) + 17);
  const auto parts = pack_payload(ObjectKind::kCodes, raw);
  REQUIRE(parts.size() == 2);
  std::vector<uint8_t> joined;
  for (const auto& part : parts) {
    const auto bytes = unpack_object(part.ref, part.stored).value();
    joined.insert(joined.end(), bytes.begin(), bytes.end());
  }
  CHECK(joined == raw);
}

TEST_CASE("an object of another size or with other bytes is refused by name", "[object][corrupt]") {
  const auto object = pack_object(ObjectKind::kViews, sample_bytes(5000));
  auto longer = object.stored;
  longer.push_back(0);
  CHECK(unpack_object(object.ref, longer).error().message ==
        object_name(object.ref) + ": " + std::to_string(longer.size()) +
            " bytes, its reference says " + std::to_string(object.stored.size()));
  auto changed = object.stored;
  changed[9] ^= 1;
  CHECK(unpack_object(object.ref, changed).error().message.find(object_name(object.ref)) == 0);
}

TEST_CASE("an object reference of another kind or of impossible size is refused",
          "[object][corrupt]") {
  ObjectRef ref;
  ref.kind = ObjectKind::kCodes;
  ref.stored_bytes = ref.raw_bytes = 10;
  const auto read = [](const ObjectRef& written, ObjectKind expected) {
    ByteWriter writer;
    write_object_ref(writer, written);
    ByteReader reader(writer.bytes());
    return read_object_ref(reader, expected);
  };
  CHECK(read(ref, ObjectKind::kCodes).value() == ref);
  CHECK(read(ref, ObjectKind::kGraph).error().message ==
        "object reference: kind 2, expected 3 (graph)");
  ref.raw_bytes = kMaxObjectBytes + 1;
  CHECK(read(ref, ObjectKind::kCodes).error().code == ErrorCode::kTooLarge);
  ref.raw_bytes = 11;
  CHECK(read(ref, ObjectKind::kCodes).error().code == ErrorCode::kCorrupt);
}
