// Compiled with -msimd128 for WebAssembly; empty elsewhere.
#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

#include "native/clip/matrix_kernels.h"

namespace sightline {
namespace {

void expand_u4_wasm(const uint8_t* nibbles, const uint8_t* scales, size_t block_count,
                    int16_t* weights) {
  for (size_t block = 0; block < block_count; ++block) {
    const v128_t pairs = wasm_v128_load(nibbles + block * (kMatrixBlock / 2));
    const v128_t eight = wasm_i8x16_splat(8);
    const v128_t low = wasm_i8x16_sub(wasm_v128_and(pairs, wasm_i8x16_splat(15)), eight);
    const v128_t high = wasm_i8x16_sub(wasm_u8x16_shr(pairs, 4), eight);
    const v128_t scale = wasm_i16x8_splat(scales[block]);
    int16_t* to = weights + block * kMatrixBlock;
    wasm_v128_store(to, wasm_i16x8_mul(wasm_i16x8_extend_low_i8x16(low), scale));
    wasm_v128_store(to + 8, wasm_i16x8_mul(wasm_i16x8_extend_high_i8x16(low), scale));
    wasm_v128_store(to + 16, wasm_i16x8_mul(wasm_i16x8_extend_low_i8x16(high), scale));
    wasm_v128_store(to + 24, wasm_i16x8_mul(wasm_i16x8_extend_high_i8x16(high), scale));
  }
}

void expand_i8_wasm(const int8_t* codes, size_t count, int16_t* weights) {
  for (size_t i = 0; i < count; i += 8) wasm_v128_store(weights + i, wasm_i16x8_load8x8(codes + i));
}

// Four lane sums, one a vector, as one vector.
v128_t sum_lanes(v128_t a, v128_t b, v128_t c, v128_t d) {
  const v128_t ab =
      wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), wasm_i32x4_shuffle(a, b, 2, 6, 3, 7));
  const v128_t cd =
      wasm_i32x4_add(wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), wasm_i32x4_shuffle(c, d, 2, 6, 3, 7));
  return wasm_i32x4_add(wasm_i32x4_shuffle(ab, cd, 0, 1, 4, 5),
                        wasm_i32x4_shuffle(ab, cd, 2, 3, 6, 7));
}

v128_t add_products(v128_t sum, v128_t a, v128_t b) {
  return wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(a, b));
}

void multiply_rows_wasm(const int16_t* weights, const int16_t* inputs, size_t input_count,
                        size_t columns, int32_t* sums) {
  const int16_t* const row0 = weights;
  const int16_t* const row1 = row0 + columns;
  const int16_t* const row2 = row1 + columns;
  const int16_t* const row3 = row2 + columns;
  const v128_t zero = wasm_i32x4_splat(0);
  size_t t = 0;
  for (; t + 2 <= input_count; t += 2) {
    const int16_t* const first = inputs + t * columns;
    const int16_t* const second = first + columns;
    v128_t a0 = zero, a1 = zero, a2 = zero, a3 = zero;
    v128_t b0 = zero, b1 = zero, b2 = zero, b3 = zero;
    // One step a turn: unrolled by hand, with indices or moving pointers, V8 needs a quarter more.
    for (size_t i = 0; i < columns; i += 8) {
      const v128_t a = wasm_v128_load(first + i);
      const v128_t b = wasm_v128_load(second + i);
      const v128_t w0 = wasm_v128_load(row0 + i);
      a0 = add_products(a0, a, w0);
      b0 = add_products(b0, b, w0);
      const v128_t w1 = wasm_v128_load(row1 + i);
      a1 = add_products(a1, a, w1);
      b1 = add_products(b1, b, w1);
      const v128_t w2 = wasm_v128_load(row2 + i);
      a2 = add_products(a2, a, w2);
      b2 = add_products(b2, b, w2);
      const v128_t w3 = wasm_v128_load(row3 + i);
      a3 = add_products(a3, a, w3);
      b3 = add_products(b3, b, w3);
    }
    wasm_v128_store(sums + t * kMatrixRows, sum_lanes(a0, a1, a2, a3));
    wasm_v128_store(sums + (t + 1) * kMatrixRows, sum_lanes(b0, b1, b2, b3));
  }
  if (t == input_count) return;
  const int16_t* const last = inputs + t * columns;
  v128_t a0 = zero, a1 = zero, a2 = zero, a3 = zero;
  for (size_t i = 0; i < columns; i += 8) {
    const v128_t a = wasm_v128_load(last + i);
    a0 = add_products(a0, a, wasm_v128_load(row0 + i));
    a1 = add_products(a1, a, wasm_v128_load(row1 + i));
    a2 = add_products(a2, a, wasm_v128_load(row2 + i));
    a3 = add_products(a3, a, wasm_v128_load(row3 + i));
  }
  wasm_v128_store(sums + t * kMatrixRows, sum_lanes(a0, a1, a2, a3));
}

}  // namespace

const MatrixKernels kWasmMatrixKernels = {expand_u4_wasm, expand_i8_wasm, multiply_rows_wasm};

}  // namespace sightline
#endif
