// Compiled with -mavx2 (and without -mfma: results must equal the other kernels') on x86; empty
// elsewhere.
#if defined(__AVX2__)
#include <immintrin.h>

#include "native/vectors/dot_lanes.h"

namespace sightline {
namespace {

float dot_f32_avx2(const float* a, const float* b, size_t dim) {
  __m256 low = _mm256_setzero_ps();
  __m256 high = _mm256_setzero_ps();
  size_t begin = 0;
  for (; begin + kDotLanes <= dim; begin += kDotLanes) {
    low = _mm256_add_ps(low, _mm256_mul_ps(_mm256_loadu_ps(a + begin), _mm256_loadu_ps(b + begin)));
    high = _mm256_add_ps(
        high, _mm256_mul_ps(_mm256_loadu_ps(a + begin + 8), _mm256_loadu_ps(b + begin + 8)));
  }
  alignas(32) float lanes[kDotLanes];
  _mm256_store_ps(lanes, low);
  _mm256_store_ps(lanes + 8, high);
  return finish_lanes(lanes, a, b, begin, dim);
}

__m256i load_codes(const int8_t* code) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(code)));
}

__m256i load_query(const int16_t* query) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(query));
}

int32_t sum_lanes(__m256i lanes) {
  __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
  return _mm_cvtsi128_si32(sum);
}

int32_t dot_i16_i8_avx2(const int16_t* query, const int8_t* code, size_t dim) {
  __m256i even = _mm256_setzero_si256();
  __m256i odd = _mm256_setzero_si256();
  size_t begin = 0;
  for (; begin + 32 <= dim; begin += 32) {
    even = _mm256_add_epi32(even,
                            _mm256_madd_epi16(load_query(query + begin), load_codes(code + begin)));
    odd = _mm256_add_epi32(
        odd, _mm256_madd_epi16(load_query(query + begin + 16), load_codes(code + begin + 16)));
  }
  return finish_dot(sum_lanes(_mm256_add_epi32(even, odd)), query, code, begin, dim);
}

int32_t dot_i16_u4_avx2(const int16_t* query, const uint8_t* nibbles, size_t dim) {
  const __m128i low_half = _mm_set1_epi8(15);
  __m256i sum = _mm256_setzero_si256();
  size_t begin = 0;
  for (; begin + 32 <= dim; begin += 32) {
    const __m128i pairs = _mm_loadu_si128(reinterpret_cast<const __m128i*>(nibbles + begin / 2));
    const __m256i low = _mm256_cvtepu8_epi16(_mm_and_si128(pairs, low_half));
    const __m256i high = _mm256_cvtepu8_epi16(_mm_and_si128(_mm_srli_epi16(pairs, 4), low_half));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(load_query(query + begin), low));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(load_query(query + begin + 16), high));
  }
  return finish_nibbles(sum_lanes(sum), query, nibbles, begin, dim);
}

}  // namespace

const DotKernels kAvx2DotKernels = {dot_f32_avx2, dot_i16_i8_avx2, dot_i16_u4_avx2};

}  // namespace sightline
#endif
