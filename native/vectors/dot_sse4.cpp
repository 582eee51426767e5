// Compiled with -msse4.1 on x86; empty elsewhere.
#if defined(__SSE4_1__) && !defined(__wasm__)
#include <smmintrin.h>

#include "native/vectors/dot_lanes.h"

namespace sightline {
namespace {

__m128 multiply(const float* a, const float* b) {
  return _mm_mul_ps(_mm_loadu_ps(a), _mm_loadu_ps(b));
}

float dot_f32_sse4(const float* a, const float* b, size_t dim) {
  __m128 sum0 = _mm_setzero_ps();
  __m128 sum1 = _mm_setzero_ps();
  __m128 sum2 = _mm_setzero_ps();
  __m128 sum3 = _mm_setzero_ps();
  size_t begin = 0;
  for (; begin + kDotLanes <= dim; begin += kDotLanes) {
    sum0 = _mm_add_ps(sum0, multiply(a + begin, b + begin));
    sum1 = _mm_add_ps(sum1, multiply(a + begin + 4, b + begin + 4));
    sum2 = _mm_add_ps(sum2, multiply(a + begin + 8, b + begin + 8));
    sum3 = _mm_add_ps(sum3, multiply(a + begin + 12, b + begin + 12));
  }
  alignas(16) float lanes[kDotLanes];
  _mm_store_ps(lanes, sum0);
  _mm_store_ps(lanes + 4, sum1);
  _mm_store_ps(lanes + 8, sum2);
  _mm_store_ps(lanes + 12, sum3);
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
    const int16_t* values = query + begin;
    const __m128i dot0 = _mm_madd_epi16(load_query(values), _mm_unpacklo_epi8(low, zero));
    const __m128i dot1 = _mm_madd_epi16(load_query(values + 8), _mm_unpackhi_epi8(low, zero));
    const __m128i dot2 = _mm_madd_epi16(load_query(values + 16), _mm_unpacklo_epi8(high, zero));
    const __m128i dot3 = _mm_madd_epi16(load_query(values + 24), _mm_unpackhi_epi8(high, zero));
    sum = _mm_add_epi32(sum, _mm_add_epi32(_mm_add_epi32(dot0, dot1), _mm_add_epi32(dot2, dot3)));
  }
  return finish_nibbles(sum_lanes(sum), query, nibbles, begin, dim);
}

}  // namespace

const DotKernels kSse4DotKernels = {dot_f32_sse4, dot_i16_i8_sse4, dot_i16_u4_sse4};

}  // namespace sightline
#endif
