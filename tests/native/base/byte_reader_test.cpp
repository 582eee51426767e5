#include "native/base/byte_reader.h"

#include <catch2/catch.hpp>

#include "native/base/byte_writer.h"

using namespace sightline;

TEST_CASE("what was written reads back in order", "[bytes]") {
  ByteWriter writer;
  writer.write(uint8_t{7});
  writer.write(uint32_t{0x01020304});
  writer.write(-2.5);
  writer.write_string("näs");
  const std::vector<uint16_t> values = {1, 2, 65535};
  writer.write_array<uint16_t>(values);
  CHECK(writer.bytes()[1] == 4);  // little-endian

  ByteReader reader(writer.bytes());
  CHECK(reader.read<uint8_t>() == 7);
  CHECK(reader.read<uint32_t>() == 0x01020304);
  CHECK(reader.read<double>() == -2.5);
  CHECK(reader.read_string() == "näs");
  CHECK(reader.read_array<uint16_t>(3) == values);
  CHECK(reader.ok());
  CHECK(reader.remaining() == 0);
}

TEST_CASE("a read past the end gives zeros and is remembered", "[bytes]") {
  const std::vector<uint8_t> bytes = {1, 2, 3};
  ByteReader reader(bytes);
  CHECK(reader.read<uint32_t>() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.read<uint8_t>() == 0);
  // Also of an array that would fit: once failed, nothing more is read.
  CHECK(reader.read_array<uint8_t>(2).empty());
  CHECK(reader.read_string().empty());
}

TEST_CASE("an array that the bytes cannot back is not allocated", "[bytes]") {
  const std::vector<uint8_t> bytes(16);
  ByteReader reader(bytes);
  CHECK(reader.read_array<uint64_t>(SIZE_MAX / 2).empty());
  CHECK_FALSE(reader.ok());
  // Nor where the count wraps to one that they could.
  ByteReader wide(bytes);
  CHECK(wide.read_array<uint8_t>(uint64_t{1} << 32).empty());
  CHECK_FALSE(wide.ok());
}
