// Compiled with -msse4.1 on x86; empty elsewhere.
#if defined(__SSE4_1__)
#include <smmintrin.h>

#include "native/vectors/scan_kernels.h"

namespace sightline {
namespace {

__m128i load(const uint8_t* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

// Bytes added up as pairs: `all` holds even + 256 * odd, `odd` the odd ones alone.
struct Sums {
  __m128i all = _mm_setzero_si128();
  __m128i odd = _mm_setzero_si128();

  void add(__m128i values) {
    all = _mm_add_epi16(all, values);
    odd = _mm_add_epi16(odd, _mm_srli_epi16(values, 8));
  }

  void store(uint16_t* sums) const {
    const __m128i even = _mm_sub_epi16(all, _mm_slli_epi16(odd, 8));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums), _mm_unpacklo_epi16(even, odd));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + 8), _mm_unpackhi_epi16(even, odd));
  }
};

}  // namespace

void scan_group_sse4(const uint8_t* tables, const uint8_t* group, size_t bytes, uint16_t* sums) {
  const __m128i low_half = _mm_set1_epi8(15);
  Sums first;
  Sums second;
  for (size_t b = 0; b < bytes; ++b) {
    const __m128i low = load(tables + b * 32);
    const __m128i high = load(tables + b * 32 + 16);
    const __m128i codes = load(group + b * kScanGroup);
    const __m128i more = load(group + b * kScanGroup + 16);
    first.add(_mm_shuffle_epi8(low, _mm_and_si128(codes, low_half)));
    first.add(_mm_shuffle_epi8(high, _mm_and_si128(_mm_srli_epi16(codes, 4), low_half)));
    second.add(_mm_shuffle_epi8(low, _mm_and_si128(more, low_half)));
    second.add(_mm_shuffle_epi8(high, _mm_and_si128(_mm_srli_epi16(more, 4), low_half)));
  }
  first.store(sums);
  second.store(sums + 16);
}

}  // namespace sightline
#endif
