// WebAssembly SIMD128; empty elsewhere.
#if defined(__wasm_simd128__)
#include <wasm_simd128.h>

#include "native/vectors/scan_kernels.h"

namespace sightline {
namespace {

// Bytes added up as pairs: `all` holds even + 256 * odd, `odd` the odd ones alone.
struct Sums {
  v128_t all = wasm_i16x8_const(0, 0, 0, 0, 0, 0, 0, 0);
  v128_t odd = wasm_i16x8_const(0, 0, 0, 0, 0, 0, 0, 0);

  void add(v128_t low, v128_t high) {
    all = wasm_i16x8_add(all, wasm_i16x8_add(low, high));
    odd = wasm_i16x8_add(odd, wasm_i16x8_add(wasm_u16x8_shr(low, 8), wasm_u16x8_shr(high, 8)));
  }

  void store(uint16_t* sums) const {
    const v128_t even = wasm_i16x8_sub(all, wasm_i16x8_shl(odd, 8));
    wasm_v128_store(sums, wasm_i16x8_shuffle(even, odd, 0, 8, 1, 9, 2, 10, 3, 11));
    wasm_v128_store(sums + 8, wasm_i16x8_shuffle(even, odd, 4, 12, 5, 13, 6, 14, 7, 15));
  }
};

}  // namespace

void scan_group_wasm(const uint8_t* tables, const uint8_t* group, size_t bytes, uint16_t* sums) {
  const v128_t low_half = wasm_u8x16_splat(15);
  Sums first;
  Sums second;
  for (size_t b = 0; b < bytes; ++b) {
    const v128_t low = wasm_v128_load(tables + b * 32);
    const v128_t high = wasm_v128_load(tables + b * 32 + 16);
    const v128_t codes = wasm_v128_load(group + b * kScanGroup);
    const v128_t more = wasm_v128_load(group + b * kScanGroup + 16);
    first.add(wasm_i8x16_swizzle(low, wasm_v128_and(codes, low_half)),
              wasm_i8x16_swizzle(high, wasm_u8x16_shr(codes, 4)));
    second.add(wasm_i8x16_swizzle(low, wasm_v128_and(more, low_half)),
               wasm_i8x16_swizzle(high, wasm_u8x16_shr(more, 4)));
  }
  first.store(sums);
  second.store(sums + 16);
}

}  // namespace sightline
#endif
