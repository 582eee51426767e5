#pragma once

#include "indexer/media/decode.h"

namespace sightline {

enum class StbFormat : uint8_t { kPng, kGif, kBmp };

// decode_image for bytes that start as the named format does, always at full resolution.
Result<DecodedImage> decode_stb(std::span<const uint8_t> bytes, StbFormat format,
                                const DecodeLimits& limits);

}  // namespace sightline
