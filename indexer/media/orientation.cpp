#include "indexer/media/orientation.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sightline {
namespace {

constexpr uint16_t kOrientationTag = 0x0112;
constexpr uint16_t kShort = 3;

class TiffReader {
 public:
  explicit TiffReader(std::span<const uint8_t> bytes)
      : bytes_(bytes), big_endian_(!bytes.empty() && bytes[0] == 'M') {}

  uint32_t read(size_t offset, size_t byte_count) const {
    if (offset > bytes_.size() || byte_count > bytes_.size() - offset) return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < byte_count; ++i) {
      const size_t at = big_endian_ ? i : byte_count - 1 - i;
      value = (value << 8) | bytes_[offset + at];
    }
    return value;
  }

 private:
  std::span<const uint8_t> bytes_;
  bool big_endian_;
};

}  // namespace

int exif_orientation(std::span<const uint8_t> app1) {
  constexpr size_t kPrefixBytes = 6;
  if (app1.size() < kPrefixBytes + 8 || std::memcmp(app1.data(), "Exif\0\0", kPrefixBytes) != 0) {
    return 1;
  }
  const auto tiff = app1.subspan(kPrefixBytes);
  if (std::memcmp(tiff.data(), "II", 2) != 0 && std::memcmp(tiff.data(), "MM", 2) != 0) return 1;
  const TiffReader reader(tiff);
  const size_t directory = reader.read(4, 4);
  const uint32_t entry_count = reader.read(directory, 2);
  for (uint32_t i = 0; i < entry_count; ++i) {
    const size_t entry = directory + 2 + size_t{12} * i;
    if (reader.read(entry, 2) != kOrientationTag) continue;
    const uint32_t value = reader.read(entry + 8, 2);
    return reader.read(entry + 2, 2) == kShort && value >= 1 && value <= 8 ? static_cast<int>(value)
                                                                           : 1;
  }
  return 1;
}

RgbImage upright(RgbImage image, int orientation) {
  if (orientation <= 1 || orientation > 8) return image;
  const bool swap = swaps_sides(orientation);
  const bool flip_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  RgbImage turned{swap ? image.height_px : image.width_px, swap ? image.width_px : image.height_px,
                  std::vector<uint8_t>(image.pixels.size())};
  uint8_t* out = turned.pixels.data();
  for (uint32_t y = 0; y < turned.height_px; ++y) {
    for (uint32_t x = 0; x < turned.width_px; ++x, out += 3) {
      uint32_t from_x = swap ? y : x;
      uint32_t from_y = swap ? x : y;
      if (flip_x) from_x = image.width_px - 1 - from_x;
      if (flip_y) from_y = image.height_px - 1 - from_y;
      std::memcpy(out, &image.pixels[(size_t{from_y} * image.width_px + from_x) * 3], 3);
    }
  }
  return turned;
}

}  // namespace sightline
