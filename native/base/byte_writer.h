#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sightline {

// Appends little-endian, fixed-width values to a growing buffer: the counterpart of ByteReader.
class ByteWriter {
 public:
  template <class T>
  void write(T value) {
    static_assert(std::is_arithmetic_v<T>);
    const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof(T));
  }

  void write_bytes(std::span<const uint8_t> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }

  template <class T>
  void write_array(std::span<const T> values) {
    static_assert(std::is_arithmetic_v<T>);
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    bytes_.insert(bytes_.end(), bytes, bytes + values.size_bytes());
  }

  // u16 length, then the bytes; a longer text is cut at a code point boundary below 65,536 bytes.
  void write_string(std::string_view text) {
    size_t length = text.size();
    if (length > 0xffff) {
      length = 0xffff;
      while (length > 0 && (static_cast<uint8_t>(text[length]) & 0xc0) == 0x80) --length;
    }
    write(static_cast<uint16_t>(length));
    bytes_.insert(bytes_.end(), text.begin(), text.begin() + static_cast<ptrdiff_t>(length));
  }

  size_t size() const { return bytes_.size(); }
  std::span<const uint8_t> bytes() const { return bytes_; }
  std::vector<uint8_t> take() && { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace sightline
