#pragma once

#include <cstddef>
#include <cstdint>

#include "native/vectors/dot.h"

// Shared by the kernel files only. Everything is static: these files are compiled for different
// instruction sets, and the linker must not pick one file's copy for another.

namespace sightline {

inline constexpr size_t kDotLanes = 16;

// Adds the products of elements begin..dim to lanes 0.. and sums the lanes.
static inline float finish_lanes(float* lanes, const float* a, const float* b, size_t begin,
                                 size_t dim) {
  for (size_t i = begin; i < dim; ++i) lanes[i - begin] += a[i] * b[i];
  for (size_t width = kDotLanes / 2; width > 0; width /= 2) {
    for (size_t i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

static inline int32_t finish_dot(int32_t sum, const int16_t* query, const int8_t* code,
                                 size_t begin, size_t dim) {
  for (size_t i = begin; i < dim; ++i) sum += int32_t{query[i]} * code[i];
  return sum;
}

static inline int32_t finish_nibbles(int32_t sum, const int16_t* query, const uint8_t* nibbles,
                                     size_t begin, size_t dim) {
  for (size_t i = begin; i < dim; ++i) {
    const uint8_t pair = nibbles[i / 32 * 16 + i % 16];
    sum += int32_t{query[i]} * (i % 32 < 16 ? pair & 15 : pair >> 4);
  }
  return sum;
}

// Defined where the target has the instruction set; see dot.cpp.
extern const DotKernels kSse4DotKernels;
extern const DotKernels kAvx2DotKernels;
extern const DotKernels kWasmDotKernels;

}  // namespace sightline
