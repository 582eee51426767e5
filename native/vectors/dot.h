#pragma once

#include <cstddef>
#include <cstdint>

namespace sightline {

// The instruction sets a kernel table is written for.
enum class SimdLevel : uint8_t { kScalar, kSse4, kAvx2, kWasm };

// One set of inner products. Every table gives bit-identical results on every target: float32
// products are summed in 16 lanes (element i in lane i % 16), then lanes i and i + 8, i + 4, i + 2,
// i + 1 are added in that order; nothing is fused.
struct DotKernels {
  // a, b: [dim] float32.
  float (*dot_f32)(const float* a, const float* b, size_t dim);
  // query: [dim] int16, code: [dim] int8. The sum of |query[i]| * 128 must stay below 2^31
  // (encode_query sees to it); then no code, however hostile, overflows.
  int32_t (*dot_i16_i8)(const int16_t* query, const int8_t* code, size_t dim);
  // query: [dim] int16, nibbles: [ceil(dim / 32) * 16] bytes of values 0..15, in blocks of 32
  // dimensions: byte j of a block holds dimension j in its low and 16 + j in its high half.
  int32_t (*dot_i16_u4)(const int16_t* query, const uint8_t* nibbles, size_t dim);
};

// Whether this build has the level's kernels and this processor can run them.
bool simd_level_available(SimdLevel level);

// The level's kernels; the scalar ones where the level is not available.
const DotKernels& dot_kernels(SimdLevel level);

// The widest available kernels, chosen once. Hot loops load a pointer from here before they start.
const DotKernels& best_dot_kernels();

// "scalar", "sse4.1", "avx2" or "wasm-simd128": the level of best_dot_kernels().
const char* simd_level_name();
const char* simd_level_name(SimdLevel level);

// best_dot_kernels(), for callers outside hot loops.
float dot_f32(const float* a, const float* b, size_t dim);
int32_t dot_i16_i8(const int16_t* query, const int8_t* code, size_t dim);

}  // namespace sightline
