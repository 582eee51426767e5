#pragma once

#include "indexer/media/decode.h"

namespace sightline {

// decode_image for bytes that start as a JPEG does. Grey, YCbCr, RGB, CMYK and YCCK are read;
// baseline and progressive, 8 bits a sample.
Result<DecodedImage> decode_jpeg(std::span<const uint8_t> bytes, uint32_t min_short_side_px,
                                 const DecodeLimits& limits);

}  // namespace sightline
