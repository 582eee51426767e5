// Compiled with -mavx2 on x86; empty elsewhere.
#if defined(__AVX2__)
#include <cstring>

#include <immintrin.h>

#include "native/clip/resample_kernels.h"

namespace sightline {
namespace {

__m256i load_bytes(const uint8_t* bytes) {
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes)));
}

// Eight sums as bytes, clamped, in the lower half.
__m128i to_bytes(__m256i sums) {
  const __m256i whole = _mm256_srai_epi32(sums, kFractionBits);
  const __m128i words =
      _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
  return _mm_packus_epi16(words, words);
}

}  // namespace

// Two pixels a step: lanes 0 to 2 sum up red, green and blue of one, lanes 3 to 5 of the other.
void resample_row_avx2(const uint8_t* row, const AxisPlan& plan, uint8_t* output) {
  const __m256i weight_of_lane = _mm256_setr_epi32(0, 0, 0, 1, 1, 1, 2, 2);
  const __m256i second_pixel = _mm256_setr_epi32(3, 4, 5, 7, 7, 7, 7, 7);
  const __m256i half = _mm256_setr_epi32(kHalf, kHalf, kHalf, 0, 0, 0, 0, 0);
  for (size_t i = 0; i < plan.first_taps.size(); ++i) {
    const uint8_t* pixel = row + size_t{plan.first_taps[i]} * 3;
    const int32_t* weights = plan.weights.data() + i * plan.tap_stride;
    const uint32_t tap_count = plan.tap_counts[i];
    __m256i sums = half;
    uint32_t j = 0;
    for (; j + 2 <= tap_count; j += 2, pixel += 6) {
      const __m128i pair = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(weights + j));
      const __m256i spread =
          _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(pair), weight_of_lane);
      sums = _mm256_add_epi32(sums, _mm256_mullo_epi32(load_bytes(pixel), spread));
    }
    if (j < tap_count) {
      const __m256i last = _mm256_setr_epi32(pixel[0], pixel[1], pixel[2], 0, 0, 0, 0, 0);
      sums = _mm256_add_epi32(sums, _mm256_mullo_epi32(last, _mm256_set1_epi32(weights[j])));
    }
    sums = _mm256_add_epi32(sums, _mm256_permutevar8x32_epi32(sums, second_pixel));
    const int rgb = _mm_cvtsi128_si32(to_bytes(sums));
    std::memcpy(output + 3 * i, &rgb, sizeof rgb);
  }
}

void resample_column_avx2(const uint8_t* rows, size_t byte_count, const int32_t* weights,
                          uint32_t tap_count, uint8_t* output) {
  constexpr size_t kLanes = 8;
  size_t x = 0;
  for (; x + kLanes <= byte_count; x += kLanes) {
    __m256i sums = _mm256_set1_epi32(kHalf);
    const uint8_t* bytes = rows + x;
    for (uint32_t j = 0; j < tap_count; ++j, bytes += byte_count) {
      const __m256i weight = _mm256_set1_epi32(weights[j]);
      sums = _mm256_add_epi32(sums, _mm256_mullo_epi32(load_bytes(bytes), weight));
    }
    _mm_storel_epi64(reinterpret_cast<__m128i*>(output + x), to_bytes(sums));
  }
  for (; x < byte_count; ++x) {
    int32_t sum = kHalf;
    for (uint32_t j = 0; j < tap_count; ++j) sum += rows[j * byte_count + x] * weights[j];
    const int32_t whole = sum >> kFractionBits;
    output[x] = static_cast<uint8_t>(whole < 0 ? 0 : whole > 255 ? 255 : whole);
  }
}

}  // namespace sightline
#endif
