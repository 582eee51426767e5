// Compiled with -mavx2 on x86; empty elsewhere.
#if defined(__AVX2__)
#include <immintrin.h>

#include "native/vectors/scan_kernels.h"

namespace sightline {
namespace {

__m256i load_table(const uint8_t* table) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table)));
}

}  // namespace

void scan_group_avx2(const uint8_t* tables, const uint8_t* group, size_t bytes, uint16_t* sums) {
  const __m256i low_half = _mm256_set1_epi8(15);
  // Bytes added up as pairs: `all` holds even + 256 * odd, `odd` the odd ones alone.
  __m256i all = _mm256_setzero_si256();
  __m256i odd = _mm256_setzero_si256();
  for (size_t b = 0; b < bytes; ++b) {
    const __m256i codes =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(group + b * kScanGroup));
    const __m256i low =
        _mm256_shuffle_epi8(load_table(tables + b * 32), _mm256_and_si256(codes, low_half));
    const __m256i high = _mm256_shuffle_epi8(
        load_table(tables + b * 32 + 16), _mm256_and_si256(_mm256_srli_epi16(codes, 4), low_half));
    all = _mm256_add_epi16(all, _mm256_add_epi16(low, high));
    odd = _mm256_add_epi16(odd,
                           _mm256_add_epi16(_mm256_srli_epi16(low, 8), _mm256_srli_epi16(high, 8)));
  }
  const __m256i even = _mm256_sub_epi16(all, _mm256_slli_epi16(odd, 8));
  const __m256i lower = _mm256_unpacklo_epi16(even, odd);   // rows 0-7 and 16-23
  const __m256i higher = _mm256_unpackhi_epi16(even, odd);  // rows 8-15 and 24-31
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums),
                      _mm256_permute2x128_si256(lower, higher, 0x20));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + 16),
                      _mm256_permute2x128_si256(lower, higher, 0x31));
}

}  // namespace sightline
#endif
