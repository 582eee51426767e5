// Compiled with -msse4.1 on x86; empty elsewhere.
#if defined(__SSE4_1__) && !defined(__wasm__)
#include <smmintrin.h>

#include "native/vectors/dot_lanes.h"

namespace sightline {
namespace {

float dot_f32_sse4(const float* a, const float* b, size_t dim) {
  __m128 sums[4] = {_mm_setzero_ps(), _mm_setzero_ps(), _mm_setzero_ps(), _mm_setzero_ps()};
  size_t begin = 0;
  for (; begin + kDotLanes <= dim; begin += kDotLanes) {
    for (size_t i = 0; i < 4; ++i) {
      const __m128 product =
          _mm_mul_ps(_mm_loadu_ps(a + begin + 4 * i), _mm_loadu_ps(b + begin + 4 * i));
      sums[i] = _mm_add_ps(sums[i], product);
    }
  }
  alignas(16) float lanes[kDotLanes];
  for (size_t i = 0; i < 4; ++i) _mm_store_ps(lanes + 4 * i, sums[i]);
  return finish_lanes(lanes, a, b, begin, dim);
}

__m128i load_codes(const int8_t* code) {
  return _mm_cvtepi8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(code)));
}

__m128i load_query(const int16_t* query) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(query));
}

int32_t sum_lanes(__m128i sum) {
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
  return _mm_cvtsi128_si32(sum);
}

int32_t dot_i16_i8_sse4(const int16_t* query, const int8_t* code, size_t dim) {
  __m128i even = _mm_setzero_si128();
  __m128i odd = _mm_setzero_si128();
  size_t begin = 0;
  for (; begin + 16 <= dim; begin += 16) {
    even = _mm_add_epi32(even, _mm_madd_epi16(load_query(query + begin), load_codes(code + begin)));
    odd = _mm_add_epi32(
        odd, _mm_madd_epi16(load_query(query + begin + 8), load_codes(code + begin + 8)));
  }
  return finish_dot(sum_lanes(_mm_add_epi32(even, odd)), query, code, begin, dim);
}

int32_t dot_i16_u4_sse4(const int16_t* query, const uint8_t* nibbles, size_t dim) {
  const __m128i low_half = _mm_set1_epi8(15);
  const __m128i zero = _mm_setzero_si128();
  __m128i sum = zero;
  size_t begin = 0;
  for (; begin + 32 <= dim; begin += 32) {
    const __m128i pairs = _mm_loadu_si128(reinterpret_cast<const __m128i*>(nibbles + begin / 2));
    const __m128i low = _mm_and_si128(pairs, low_half);
    const __m128i high = _mm_and_si128(_mm_srli_epi16(pairs, 4), low_half);
    const __m128i codes[4] = {_mm_unpacklo_epi8(low, zero), _mm_unpackhi_epi8(low, zero),
                              _mm_unpacklo_epi8(high, zero), _mm_unpackhi_epi8(high, zero)};
    for (size_t i = 0; i < 4; ++i) {
      sum = _mm_add_epi32(sum, _mm_madd_epi16(load_query(query + begin + 8 * i), codes[i]));
    }
  }
  return finish_nibbles(sum_lanes(sum), query, nibbles, begin, dim);
}

}  // namespace

const DotKernels kSse4DotKernels = {dot_f32_sse4, dot_i16_i8_sse4, dot_i16_u4_sse4};

}  // namespace sightline
#endif
