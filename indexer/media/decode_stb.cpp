#include "indexer/media/decode_stb.h"

#include <cstdlib>
#include <memory>
#include <string>

#include "native/base/byte_reader.h"

namespace sightline {
namespace {

// stb_image inflates whatever a PNG holds; a few kilobytes can ask for gigabytes.
thread_local size_t largest_allocation_bytes = 0;

void* limited_malloc(size_t byte_count) {
  return byte_count <= largest_allocation_bytes ? std::malloc(byte_count) : nullptr;
}

void* limited_realloc(void* memory, size_t byte_count) {
  return byte_count <= largest_allocation_bytes ? std::realloc(memory, byte_count) : nullptr;
}

}  // namespace
}  // namespace sightline

#define STBI_MALLOC(byte_count) sightline::limited_malloc(byte_count)
#define STBI_REALLOC(memory, byte_count) sightline::limited_realloc(memory, byte_count)
#define STBI_FREE(memory) std::free(memory)
#define STBI_NO_STDIO
#define STBI_NO_HDR
#define STBI_NO_LINEAR
#define STBI_ONLY_PNG
#define STBI_ONLY_GIF
#define STBI_ONLY_BMP
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace sightline {
namespace {

const char* name_of(StbFormat format) {
  switch (format) {
    case StbFormat::kPng:
      return "PNG";
    case StbFormat::kGif:
      return "GIF";
    case StbFormat::kBmp:
      return "BMP";
  }
  return "image";
}

// stb_image fills what a truncated GIF or BMP lacks with nothing said; these two look first.

bool has_whole_bmp(std::span<const uint8_t> bytes, uint64_t width_px, uint64_t height_px) {
  ByteReader reader(bytes);
  reader.take(10);
  const uint64_t pixel_offset = reader.read<uint32_t>();
  const bool is_short_header = reader.read<uint32_t>() == 12;
  reader.take(is_short_header ? 6 : 10);
  const uint64_t bits_per_pixel = reader.read<uint16_t>();
  const uint64_t row_bytes = (width_px * bits_per_pixel + 31) / 32 * 4;
  return reader.ok() && pixel_offset + row_bytes * height_px <= bytes.size();
}

void skip_sub_blocks(ByteReader& reader) {
  while (const auto byte_count = reader.read<uint8_t>()) reader.take(byte_count);
}

size_t color_table_bytes(uint8_t flags) {
  return (flags & 0x80) != 0 ? size_t{3} << ((flags & 7) + 1) : 0;
}

bool has_whole_first_gif_frame(std::span<const uint8_t> bytes) {
  constexpr uint8_t kExtension = 0x21;
  constexpr uint8_t kImage = 0x2c;
  ByteReader reader(bytes);
  reader.take(10);
  const auto flags = reader.read<uint8_t>();
  reader.take(2 + color_table_bytes(flags));
  while (reader.ok()) {
    const auto block = reader.read<uint8_t>();
    if (block == kExtension) {
      reader.take(1);
      skip_sub_blocks(reader);
    } else if (block == kImage) {
      reader.take(8);
      reader.take(color_table_bytes(reader.read<uint8_t>()) + 1);
      skip_sub_blocks(reader);
      return reader.ok();
    } else {
      return false;
    }
  }
  return false;
}

RgbImage over_white(const uint8_t* samples, uint32_t width_px, uint32_t height_px, int channels) {
  const size_t pixel_count = size_t{width_px} * height_px;
  RgbImage image{width_px, height_px, std::vector<uint8_t>(pixel_count * 3)};
  const bool is_grey = channels <= 2;
  const bool has_alpha = channels % 2 == 0;
  uint8_t* out = image.pixels.data();
  for (size_t i = 0; i < pixel_count; ++i, samples += channels) {
    const unsigned alpha = has_alpha ? samples[channels - 1] : 255;
    for (int c = 0; c < 3; ++c) {
      const unsigned value = samples[is_grey ? 0 : c];
      *out++ = static_cast<uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
  return image;
}

}  // namespace

Result<DecodedImage> decode_stb(std::span<const uint8_t> bytes, StbFormat format,
                                const DecodeLimits& limits) {
  const std::string name = name_of(format);
  const auto* data = bytes.data();
  const int byte_count = static_cast<int>(bytes.size());
  if (bytes.size() > INT32_MAX) return too_large("the " + name + " has more than 2 GiB");

  constexpr size_t kScratchBytes = size_t{1} << 20;
  largest_allocation_bytes = kScratchBytes;
  int width = 0, height = 0, channels = 0;
  if (stbi_info_from_memory(data, byte_count, &width, &height, &channels) == 0) {
    return corrupt("the " + name + " has no readable header (" + stbi_failure_reason() + ")");
  }
  const auto width_px = static_cast<uint32_t>(width);
  const auto height_px = static_cast<uint32_t>(std::abs(int64_t{height}));
  const uint64_t pixel_count = uint64_t{width_px} * height_px;
  if (pixel_count == 0) return corrupt("the " + name + " has no pixels");
  if (pixel_count > limits.max_pixels) {
    return too_large("the " + name + " has " + std::to_string(width_px) + " x " +
                     std::to_string(height_px) + " pixels, at most " +
                     std::to_string(limits.max_pixels) + " are decoded; scale it down");
  }
  if ((format == StbFormat::kBmp && !has_whole_bmp(bytes, width_px, height_px)) ||
      (format == StbFormat::kGif && !has_whole_first_gif_frame(bytes))) {
    return corrupt("the " + name +
                   " is truncated: its data ends before the picture does; copy the file again");
  }

  // Four 16-bit channels, in a buffer that grows by doubling.
  largest_allocation_bytes = pixel_count * 16 + kScratchBytes;
  const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> samples(
      stbi_load_from_memory(data, byte_count, &width, &height, &channels, 0), stbi_image_free);
  if (samples == nullptr) {
    return corrupt("the " + name + " is damaged or truncated (" + stbi_failure_reason() + ")");
  }
  return DecodedImage{over_white(samples.get(), width_px, height_px, channels), width_px,
                      height_px};
}

}  // namespace sightline
