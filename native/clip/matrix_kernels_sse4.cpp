// Compiled with -msse4.1 on x86; empty elsewhere.
#if defined(__SSE4_1__) && !defined(__wasm__)
#include <smmintrin.h>

#include "native/clip/matrix_kernels.h"

namespace sightline {
namespace {

__m128i load(const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); }
void store(void* to, __m128i values) { _mm_storeu_si128(static_cast<__m128i*>(to), values); }

void expand_u4_sse4(const uint8_t* nibbles, const uint8_t* scales, size_t block_count,
                    int16_t* weights) {
  const __m128i low_half = _mm_set1_epi8(15);
  const __m128i eight = _mm_set1_epi8(8);
  for (size_t block = 0; block < block_count; ++block) {
    const __m128i pairs = load(nibbles + block * (kMatrixBlock / 2));
    const __m128i low = _mm_sub_epi8(_mm_and_si128(pairs, low_half), eight);
    const __m128i high = _mm_sub_epi8(_mm_and_si128(_mm_srli_epi16(pairs, 4), low_half), eight);
    const __m128i scale = _mm_set1_epi16(scales[block]);
    int16_t* to = weights + block * kMatrixBlock;
    store(to, _mm_mullo_epi16(_mm_cvtepi8_epi16(low), scale));
    store(to + 8, _mm_mullo_epi16(_mm_cvtepi8_epi16(_mm_srli_si128(low, 8)), scale));
    store(to + 16, _mm_mullo_epi16(_mm_cvtepi8_epi16(high), scale));
    store(to + 24, _mm_mullo_epi16(_mm_cvtepi8_epi16(_mm_srli_si128(high, 8)), scale));
  }
}

void expand_i8_sse4(const int8_t* codes, size_t count, int16_t* weights) {
  for (size_t i = 0; i < count; i += 16) {
    const __m128i bytes = load(codes + i);
    store(weights + i, _mm_cvtepi8_epi16(bytes));
    store(weights + i + 8, _mm_cvtepi8_epi16(_mm_srli_si128(bytes, 8)));
  }
}

// Four lane sums, one a vector, as one vector.
__m128i sum_lanes(__m128i a, __m128i b, __m128i c, __m128i d) {
  return _mm_hadd_epi32(_mm_hadd_epi32(a, b), _mm_hadd_epi32(c, d));
}

__m128i add_products(__m128i sum, __m128i a, __m128i b) {
  return _mm_add_epi32(sum, _mm_madd_epi16(a, b));
}

// `Count` inputs at a time share each weight that is loaded.
template <size_t Count>
void multiply_tile(const int16_t* weights, const int16_t* inputs, size_t columns, int32_t* sums) {
  __m128i lanes[Count][kMatrixRows];
  for (auto& input : lanes) {
    for (auto& lane : input) lane = _mm_setzero_si128();
  }
  for (size_t i = 0; i < columns; i += 8) {
    __m128i values[Count];
    for (size_t t = 0; t < Count; ++t) values[t] = load(inputs + t * columns + i);
    for (size_t row = 0; row < kMatrixRows; ++row) {
      const __m128i weight = load(weights + row * columns + i);
      for (size_t t = 0; t < Count; ++t) {
        lanes[t][row] = add_products(lanes[t][row], values[t], weight);
      }
    }
  }
  for (size_t t = 0; t < Count; ++t) {
    store(sums + t * kMatrixRows, sum_lanes(lanes[t][0], lanes[t][1], lanes[t][2], lanes[t][3]));
  }
}

void multiply_rows_sse4(const int16_t* weights, const int16_t* inputs, size_t input_count,
                        size_t columns, int32_t* sums) {
  size_t t = 0;
  for (; t + 2 <= input_count; t += 2) {
    multiply_tile<2>(weights, inputs + t * columns, columns, sums + t * kMatrixRows);
  }
  if (t < input_count) {
    multiply_tile<1>(weights, inputs + t * columns, columns, sums + t * kMatrixRows);
  }
}

}  // namespace

const MatrixKernels kSse4MatrixKernels = {expand_u4_sse4, expand_i8_sse4, multiply_rows_sse4};

}  // namespace sightline
#endif
