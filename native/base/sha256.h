#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sightline {

using Sha256Digest = std::array<uint8_t, 32>;

// SHA-256 (FIPS 180-4) over bytes that arrive in pieces.
class Sha256 {
 public:
  void update(std::span<const uint8_t> bytes);
  // Ends the message; the object must not be used again.
  Sha256Digest finish();

 private:
  void compress(const uint8_t* block);

  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> buffer_ = {};
  uint64_t byte_count_ = 0;
};

Sha256Digest sha256(std::span<const uint8_t> bytes);

// 64 lower-case hexadecimal digits, and back; nothing where the text is not exactly that.
std::string to_hex(const Sha256Digest& digest);
std::optional<Sha256Digest> digest_from_hex(std::string_view hex);

}  // namespace sightline
