#include "native/bundle/compression.h"

#include <string>

#include <catch2/catch.hpp>

using namespace sightline;

namespace {

using Bytes = std::vector<uint8_t>;

// zstd's magic number, then what is given (RFC 8878, 3.1.1).
Bytes frame(std::initializer_list<int> rest) {
  Bytes bytes = {0x28, 0xb5, 0x2f, 0xfd};
  for (const int byte : rest) bytes.push_back(static_cast<uint8_t>(byte));
  return bytes;
}

Bytes little_endian(uint64_t value, int byte_count) {
  Bytes bytes;
  for (int i = 0; i < byte_count; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
  return bytes;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct HostileFrame {
  std::string what;
  Bytes bytes;
  uint32_t expected_bytes;
};

// A frame whose header asks for much and whose body brings little, and every other way we know in
// which the callers of zstd were hurt.
std::vector<HostileFrame> hostile_frames() {
  const Bytes text(300, 'x');
  const Bytes good = zstd_compress(text);
  std::vector<HostileFrame> frames = {
      {"nothing", {}, 0},
      {"only a magic number", frame({}), 0},
      {"another magic number", {'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0}, 10},
      {"a window of 2 GiB", frame({0x00, 0xa8, 0x01, 0x00, 0x00}), 16},
      {"a window of 2 TiB", frame({0x00, 0xff, 0x01, 0x00, 0x00}), 16},
      {"no content size", frame({0x00, 0x58, 0x01, 0x00, 0x00}), 0},
      {"a content size of 2^63", frame({0xe0}) + little_endian(uint64_t{1} << 63, 8), 16},
      {"a content size of 2^64 - 1", frame({0xe0}) + little_endian(~uint64_t{0}, 8), 16},
      {"a content size of 4 GiB", frame({0xa0}) + little_endian(0xffffffff, 4), 16},
      {"a dictionary", frame({0x21, 0x07, 0x10, 0x01, 0x00, 0x00}), 16},
      {"a four-byte dictionary", frame({0x23, 0x07, 0x07, 0x07, 0x07, 0x10, 0x01, 0x00, 0x00}), 16},
      {"the reserved bit", frame({0x28, 0x10, 0x01, 0x00, 0x00}), 16},
      {"a skippable frame", Bytes{0x50, 0x2a, 0x4d, 0x18} + little_endian(4, 4) + text, 4},
      {"a skippable frame of 4 GiB", Bytes{0x5f, 0x2a, 0x4d, 0x18} + little_endian(~0u, 4), 4},
      {"a skippable frame before a good one",
       Bytes{0x50, 0x2a, 0x4d, 0x18} + little_endian(0, 4) + good, 300},
      {"two frames", good + good, 300},
      {"bytes after the frame", good + Bytes{0}, 300},
      {"a kilobyte after the frame", good + Bytes(1024, 7), 300},
      {"a reference to fewer bytes", good, 299},
      {"a reference to more bytes", good, 301},
      {"a reference to nothing", good, 0},
      {"a run of 128 KiB declared as 16 bytes", frame({0x20, 0x10, 0x03, 0x00, 0x10, 0x41}), 16},
      {"a run shorter than declared", frame({0x20, 0x10, 0x4b, 0x00, 0x00, 0x41}), 16},
      {"a raw block longer than the frame", frame({0x20, 0x10, 0x81, 0x00, 0x00, 0x41}), 16},
      {"the reserved block type", frame({0x20, 0x10, 0x87, 0x00, 0x00, 0x41}), 16},
      {"no last block", frame({0x20, 0x01, 0x08, 0x00, 0x00, 0x41}), 1},
      {"a compressed block of one byte", frame({0x20, 0x10, 0x0d, 0x00, 0x00, 0x41}), 16},
      {"a compressed block without literals", frame({0x20, 0x10, 0x15, 0x00, 0x00, 0x00, 0x00}),
       16},
      {"a checksum that is wrong", frame({0x24, 0x01, 0x09, 0x00, 0x00, 0x41, 1, 2, 3, 4}), 1},
      {"a checksum that is missing", frame({0x24, 0x01, 0x09, 0x00, 0x00, 0x41}), 1},
  };
  for (size_t length = 4; frames.size() < 38; ++length) {
    frames.push_back({"the first " + std::to_string(length) + " bytes of a good frame",
                      {good.begin(), good.begin() + static_cast<ptrdiff_t>(length)},
                      300});
  }
  // A run of 16 MiB in a dozen bytes is allowed for an object of that size and for no other.
  Bytes bomb = frame({0xa0}) + little_endian(16u << 20, 4);
  for (int block = 0; block < 128; ++block) bomb = bomb + Bytes{0x02, 0x00, 0x10, 0x41};
  frames.push_back({"a run of 16 MiB for a small object", bomb, 1000});
  frames.push_back({"a run of 16 MiB without a last block", bomb, 16u << 20});
  return frames;
}

}  // namespace

TEST_CASE("zstd frames round-trip with their size declared", "[zstd]") {
  for (const size_t count : {0, 1, 1000, 300000}) {
    Bytes bytes(count);
    for (size_t i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(i / 7);
    CHECK(zstd_decompress(zstd_compress(bytes), static_cast<uint32_t>(count)).value() == bytes);
  }
}

TEST_CASE("40 hostile zstd frames are refused", "[zstd][corrupt]") {
  const auto frames = hostile_frames();
  CHECK(frames.size() == 40);
  for (const auto& [what, bytes, expected_bytes] : frames) {
    INFO(what);
    const auto result = zstd_decompress(bytes, expected_bytes);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().message.find("zstd: ") == 0);
  }
}
