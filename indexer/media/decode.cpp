#include "indexer/media/decode.h"

#include <string_view>

#include "indexer/media/decode_jpeg.h"
#include "indexer/media/decode_stb.h"

namespace sightline {
namespace {

bool has_at(std::span<const uint8_t> bytes, size_t offset, std::string_view magic) {
  return bytes.size() >= offset + magic.size() &&
         std::string_view(reinterpret_cast<const char*>(bytes.data()) + offset, magic.size()) ==
             magic;
}

const char* refused_format(std::span<const uint8_t> bytes) {
  using namespace std::string_view_literals;
  if (has_at(bytes, 0, "RIFF") && has_at(bytes, 8, "WEBP")) return "WebP";
  if (has_at(bytes, 4, "ftypavif") || has_at(bytes, 4, "ftypavis")) return "AVIF";
  for (const auto brand : {"ftypheic"sv, "ftypheix"sv, "ftyphevc"sv, "ftypmif1"sv, "ftypmsf1"sv}) {
    if (has_at(bytes, 4, brand)) return "HEIF";
  }
  if (has_at(bytes, 0, "II*\0"sv) || has_at(bytes, 0, "MM\0*"sv)) return "TIFF";
  if (has_at(bytes, 0, "II+\0"sv) || has_at(bytes, 0, "MM\0+"sv)) return "BigTIFF";
  if (has_at(bytes, 0, "8BPS")) return "Photoshop";
  if (has_at(bytes, 0, "\xff\x0a") || has_at(bytes, 0, "\0\0\0\x0cJXL "sv)) return "JPEG XL";
  if (has_at(bytes, 0, "\0\0\0\x0cjP  "sv)) return "JPEG 2000";
  return nullptr;
}

}  // namespace

Result<DecodedImage> decode_image(std::span<const uint8_t> bytes, uint32_t min_short_side_px,
                                  const DecodeLimits& limits) {
  if (bytes.empty()) return corrupt("the image file is empty");
  if (bytes.size() > limits.max_bytes) {
    return too_large("the image file has " + std::to_string(bytes.size()) + " bytes, at most " +
                     std::to_string(limits.max_bytes) + " are read");
  }
  if (has_at(bytes, 0, "\xff\xd8")) return decode_jpeg(bytes, min_short_side_px, limits);
  if (has_at(bytes, 0, "\x89PNG")) return decode_stb(bytes, StbFormat::kPng, limits);
  if (has_at(bytes, 0, "GIF8")) return decode_stb(bytes, StbFormat::kGif, limits);
  if (has_at(bytes, 0, "BM")) return decode_stb(bytes, StbFormat::kBmp, limits);
  if (const char* name = refused_format(bytes)) {
    return unsupported(std::string(name) + " images are not read; convert the file to JPEG or PNG");
  }
  return unsupported("not an image in a known format; JPEG, PNG, BMP and GIF are read");
}

}  // namespace sightline
