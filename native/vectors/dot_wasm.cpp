// Compiled with -msimd128 for WebAssembly; empty elsewhere.
#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

#include "native/vectors/dot_lanes.h"

namespace sightline {
namespace {

v128_t multiply(const float* a, const float* b) {
  return wasm_f32x4_mul(wasm_v128_load(a), wasm_v128_load(b));
}

float dot_f32_wasm(const float* a, const float* b, size_t dim) {
  v128_t sum0 = wasm_f32x4_splat(0);
  v128_t sum1 = sum0;
  v128_t sum2 = sum0;
  v128_t sum3 = sum0;
  size_t begin = 0;
  for (; begin + kDotLanes <= dim; begin += kDotLanes) {
    sum0 = wasm_f32x4_add(sum0, multiply(a + begin, b + begin));
    sum1 = wasm_f32x4_add(sum1, multiply(a + begin + 4, b + begin + 4));
    sum2 = wasm_f32x4_add(sum2, multiply(a + begin + 8, b + begin + 8));
    sum3 = wasm_f32x4_add(sum3, multiply(a + begin + 12, b + begin + 12));
  }
  alignas(16) float lanes[kDotLanes];
  wasm_v128_store(lanes, sum0);
  wasm_v128_store(lanes + 4, sum1);
  wasm_v128_store(lanes + 8, sum2);
  wasm_v128_store(lanes + 12, sum3);
  return finish_lanes(lanes, a, b, begin, dim);
}

v128_t dot(const int16_t* query, v128_t codes) {
  return wasm_i32x4_dot_i16x8(wasm_v128_load(query), codes);
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
    even = wasm_i32x4_add(even, dot(query + begin, wasm_i16x8_load8x8(code + begin)));
    odd = wasm_i32x4_add(odd, dot(query + begin + 8, wasm_i16x8_load8x8(code + begin + 8)));
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
    sum = wasm_i32x4_add(sum, dot(query + begin, wasm_u16x8_extend_low_u8x16(low)));
    sum = wasm_i32x4_add(sum, dot(query + begin + 8, wasm_u16x8_extend_high_u8x16(low)));
    sum = wasm_i32x4_add(sum, dot(query + begin + 16, wasm_u16x8_extend_low_u8x16(high)));
    sum = wasm_i32x4_add(sum, dot(query + begin + 24, wasm_u16x8_extend_high_u8x16(high)));
  }
  return finish_nibbles(sum_lanes(sum), query, nibbles, begin, dim);
}

}  // namespace

const DotKernels kWasmDotKernels = {dot_f32_wasm, dot_i16_i8_wasm, dot_i16_u4_wasm};

}  // namespace sightline
#endif
