#include "native/vectors/scan_kernels.h"

#include <algorithm>
#include <initializer_list>

namespace sightline {

void scan_group_scalar(const uint8_t* tables, const uint8_t* group, size_t bytes, uint16_t* sums) {
  std::fill(sums, sums + kScanGroup, uint16_t{0});
  for (size_t b = 0; b < bytes; ++b) {
    const uint8_t* low = tables + b * 32;
    const uint8_t* high = low + 16;
    for (size_t row = 0; row < kScanGroup; ++row) {
      const uint8_t code = group[b * kScanGroup + row];
      sums[row] = static_cast<uint16_t>(sums[row] + low[code & 15] + high[code >> 4]);
    }
  }
}

ScanGroupFn scan_group_kernel(SimdLevel level) {
  if (!simd_level_available(level)) return scan_group_scalar;
  switch (level) {
#if defined(__x86_64__) || defined(__i386__)
    case SimdLevel::kSse4:
      return scan_group_sse4;
    case SimdLevel::kAvx2:
      return scan_group_avx2;
#elif defined(__wasm_simd128__)
    case SimdLevel::kWasm:
      return scan_group_wasm;
#endif
    default:
      return scan_group_scalar;
  }
}

ScanGroupFn best_scan_group_kernel() {
  for (const auto level : {SimdLevel::kWasm, SimdLevel::kAvx2, SimdLevel::kSse4}) {
    if (simd_level_available(level)) return scan_group_kernel(level);
  }
  return scan_group_scalar;
}

}  // namespace sightline
