// Compiled with -mavx2 on x86; empty elsewhere.
#if defined(__AVX2__)
#include <immintrin.h>

#include "native/clip/matrix_kernels.h"

namespace sightline {
namespace {

__m256i load(const int16_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
void store(int16_t* to, __m256i values) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), values);
}

void expand_u4_avx2(const uint8_t* nibbles, const uint8_t* scales, size_t block_count,
                    int16_t* weights) {
  const __m128i low_half = _mm_set1_epi8(15);
  const __m256i eight = _mm256_set1_epi16(8);
  for (size_t block = 0; block < block_count; ++block) {
    const __m128i pairs =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(nibbles + block * (kMatrixBlock / 2)));
    const __m256i low = _mm256_cvtepu8_epi16(_mm_and_si128(pairs, low_half));
    const __m256i high = _mm256_cvtepu8_epi16(_mm_and_si128(_mm_srli_epi16(pairs, 4), low_half));
    const __m256i scale = _mm256_set1_epi16(scales[block]);
    int16_t* to = weights + block * kMatrixBlock;
    store(to, _mm256_mullo_epi16(_mm256_sub_epi16(low, eight), scale));
    store(to + 16, _mm256_mullo_epi16(_mm256_sub_epi16(high, eight), scale));
  }
}

void expand_i8_avx2(const int8_t* codes, size_t count, int16_t* weights) {
  for (size_t i = 0; i < count; i += 16) {
    store(weights + i,
          _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes + i))));
  }
}

// `Count` inputs at a time share each weight that is loaded.
template <size_t Count>
void multiply_tile(const int16_t* weights, const int16_t* inputs, size_t columns, int32_t* sums) {
  __m256i lanes[Count][kMatrixRows];
  for (auto& input : lanes) {
    for (auto& lane : input) lane = _mm256_setzero_si256();
  }
  for (size_t i = 0; i < columns; i += 16) {
    __m256i values[Count];
    for (size_t t = 0; t < Count; ++t) values[t] = load(inputs + t * columns + i);
    for (size_t row = 0; row < kMatrixRows; ++row) {
      const __m256i weight = load(weights + row * columns + i);
      for (size_t t = 0; t < Count; ++t) {
        lanes[t][row] = _mm256_add_epi32(lanes[t][row], _mm256_madd_epi16(values[t], weight));
      }
    }
  }
  for (size_t t = 0; t < Count; ++t) {
    const __m256i pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(lanes[t][0], lanes[t][1]),
                                            _mm256_hadd_epi32(lanes[t][2], lanes[t][3]));
    _mm_storeu_si128(
        reinterpret_cast<__m128i*>(sums + t * kMatrixRows),
        _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1)));
  }
}

void multiply_rows_avx2(const int16_t* weights, const int16_t* inputs, size_t input_count,
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

const MatrixKernels kAvx2MatrixKernels = {expand_u4_avx2, expand_i8_avx2, multiply_rows_avx2};

}  // namespace sightline
#endif
