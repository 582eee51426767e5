#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sightline {

static_assert(std::endian::native == std::endian::little,
              "bundles are little-endian; a big-endian port swaps in ByteReader and ByteWriter");

// Reads little-endian, fixed-width values from untrusted bytes.
//
// Does not own its bytes: they must outlive it and every span it returns. A read past the end
// returns zeros and makes ok() false for good, so a parser reads a whole structure and asks once.
class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  size_t offset() const { return offset_; }
  size_t remaining() const { return bytes_.size() - offset_; }

  template <class T>
  T read() {
    static_assert(std::is_arithmetic_v<T>);
    T value{};
    if (const auto bytes = take(sizeof(T)); bytes.size() == sizeof(T)) {
      std::memcpy(&value, bytes.data(), sizeof(T));
    }
    return value;
  }

  // The next byte_count bytes, or an empty span (and ok() false) where fewer remain.
  std::span<const uint8_t> take(uint64_t byte_count) {
    if (!ok_ || byte_count > remaining()) {
      ok_ = false;
      return {};
    }
    const auto bytes = bytes_.subspan(offset_, static_cast<size_t>(byte_count));
    offset_ += bytes.size();
    return bytes;
  }

  // count values of T, copied out (the bytes need no alignment).
  // Allocates only what the remaining bytes can back. Counts are 64 bits wide: products of what the
  // bytes say must not wrap where size_t has 32.
  template <class T>
  std::vector<T> read_array(uint64_t count) {
    static_assert(std::is_arithmetic_v<T>);
    if (!ok_ || count > remaining() / sizeof(T)) {
      ok_ = false;
      return {};
    }
    const auto bytes = take(count * sizeof(T));
    std::vector<T> values(static_cast<size_t>(count));
    if (count > 0) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }

  // u16 length, then that many UTF-8 bytes (not checked for validity).
  std::string_view read_string() {
    const auto bytes = take(read<uint16_t>());
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t offset_ = 0;
  bool ok_ = true;
};

}  // namespace sightline
