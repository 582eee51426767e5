#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/base/result.h"

namespace sightline {

// One zstd frame (RFC 8878) with its content size declared and a window of at most 8 MiB.
// The same bytes and level give the same frame with the same zstd version.
std::vector<uint8_t> zstd_compress(std::span<const uint8_t> bytes, int level = 12);

// The content of exactly one frame. Refused before anything is allocated: a declared size other
// than expected_bytes or none, a window above 8 MiB, a dictionary, skippable frames, bytes after
// the frame.
Result<std::vector<uint8_t>> zstd_decompress(std::span<const uint8_t> frame,
                                             uint32_t expected_bytes);

// "1.5.4", of the library in use.
const char* zstd_version();

}  // namespace sightline
