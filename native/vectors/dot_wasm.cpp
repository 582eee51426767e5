// Compiled with -msimd128 for WebAssembly; empty elsewhere.
#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

#include "native/vectors/dot_lanes.h"

namespace sightline {
namespace {

float dot_f32_wasm(const float* a, const float* b, size_t dim) {
  v128_t sums[4] = {wasm_f32x4_splat(0), wasm_f32x4_splat(0), wasm_f32x4_splat(0),
                    wasm_f32x4_splat(0)};
  size_t begin = 0;
  for (; begin + kDotLanes <= dim; begin += kDotLanes) {
    for (size_t i = 0; i < 4; ++i) {
      const v128_t product =
          wasm_f32x4_mul(wasm_v128_load(a + begin + 4 * i), wasm_v128_load(b + begin + 4 * i));
      sums[i] = wasm_f32x4_add(sums[i], product);
    }
  }
  alignas(16) float lanes[kDotLanes];
  for (size_t i = 0; i < 4; ++i) wasm_v128_store(lanes + 4 * i, sums[i]);
  return finish_lanes(lanes, a, b, begin, dim);
}

int32_t sum_lanes(v128_t sum) {
  sum = wasm_i32x4_add(sum, wasm_i32x4_shuffle(sum, sum, 2, 3, 0, 1));
  sum = wasm_i32x4_add(sum, wasm_i32x4_shuffle(sum, sum, 1, 0, 3, 2));
  return wasm_i32x4_extract_lane(sum, 0);
}

int32_t dot_i16_i8_wasm(const int16_t* query, const int8_t* code, size_t dim) {
  v128_t even = wasm_i32x4_splat(0);
  v128_t odd = wasm_i32x4_splat(0);
  size_t begin = 0;
  for (; begin + 16 <= dim; begin += 16) {
    even = wasm_i32x4_add(even, wasm_i32x4_dot_i16x8(wasm_v128_load(query + begin),
                                                     wasm_i16x8_load8x8(code + begin)));
    odd = wasm_i32x4_add(odd, wasm_i32x4_dot_i16x8(wasm_v128_load(query + begin + 8),
                                                   wasm_i16x8_load8x8(code + begin + 8)));
  }
  return finish_dot(sum_lanes(wasm_i32x4_add(even, odd)), query, code, begin, dim);
}

int32_t dot_i16_u4_wasm(const int16_t* query, const uint8_t* nibbles, size_t dim) {
  v128_t sum = wasm_i32x4_splat(0);
  size_t begin = 0;
  for (; begin + 32 <= dim; begin += 32) {
    const v128_t pairs = wasm_v128_load(nibbles + begin / 2);
    const v128_t low = wasm_v128_and(pairs, wasm_i8x16_splat(15));
    const v128_t high = wasm_u8x16_shr(pairs, 4);
    const v128_t codes[4] = {wasm_u16x8_extend_low_u8x16(low), wasm_u16x8_extend_high_u8x16(low),
                             wasm_u16x8_extend_low_u8x16(high), wasm_u16x8_extend_high_u8x16(high)};
    for (size_t i = 0; i < 4; ++i) {
      const v128_t values = wasm_v128_load(query + begin + 8 * i);
      sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(values, codes[i]));
    }
  }
  return finish_nibbles(sum_lanes(sum), query, nibbles, begin, dim);
}

}  // namespace

const DotKernels kWasmDotKernels = {dot_f32_wasm, dot_i16_i8_wasm, dot_i16_u4_wasm};

}  // namespace sightline
#endif
