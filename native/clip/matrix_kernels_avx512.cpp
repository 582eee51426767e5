// Compiled with -mavx512bw -mavx512vl -mavx512vnni on x86; empty elsewhere.
#if defined(__AVX512VNNI__)
#include <immintrin.h>

#include "native/clip/matrix_kernels.h"

namespace sightline {
namespace {

// A block of weights, and of inputs, is one register.
static_assert(kMatrixBlock * sizeof(int16_t) == sizeof(__m512i));

__m512i load(const int16_t* from) { return _mm512_loadu_si512(from); }
void store(int16_t* to, __m512i values) { _mm512_storeu_si512(to, values); }

void expand_u4_avx512(const uint8_t* nibbles, const uint8_t* scales, size_t block_count,
                      int16_t* weights) {
  const __m256i low_half = _mm256_set1_epi8(15);
  const __m512i eight = _mm512_set1_epi16(8);
  for (size_t block = 0; block < block_count; ++block) {
    const __m128i pairs =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(nibbles + block * (kMatrixBlock / 2)));
    const __m256i codes =
        _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(pairs, 4), pairs), low_half);
    const __m512i centred = _mm512_sub_epi16(_mm512_cvtepu8_epi16(codes), eight);
    store(weights + block * kMatrixBlock,
          _mm512_mullo_epi16(centred, _mm512_set1_epi16(scales[block])));
  }
}

void expand_i8_avx512(const int8_t* codes, size_t count, int16_t* weights) {
  for (size_t i = 0; i < count; i += kMatrixBlock) {
    store(weights + i,
          _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes + i))));
  }
}

// The sums of the lanes of four vectors, as one vector.
__m128i sum_lanes(const __m512i (&lanes)[kMatrixRows]) {
  const auto pairs = [](__m512i a, __m512i b) {
    return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
  };
  const __m512i low = pairs(lanes[0], lanes[1]);
  const __m512i high = pairs(lanes[2], lanes[3]);
  const __m512i quarters =
      _mm512_add_epi32(_mm512_unpacklo_epi64(low, high), _mm512_unpackhi_epi64(low, high));
  const __m256i halves =
      _mm256_add_epi32(_mm512_castsi512_si256(quarters), _mm512_extracti64x4_epi64(quarters, 1));
  return _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
}

// `Count` inputs at a time share each weight that is loaded.
template <size_t Count>
void multiply_tile(const int16_t* weights, const int16_t* inputs, size_t columns, int32_t* sums) {
  __m512i lanes[Count][kMatrixRows];
  for (auto& input : lanes) {
    for (auto& lane : input) lane = _mm512_setzero_si512();
  }
  for (size_t i = 0; i < columns; i += kMatrixBlock) {
    __m512i values[Count];
    for (size_t t = 0; t < Count; ++t) values[t] = load(inputs + t * columns + i);
    for (size_t row = 0; row < kMatrixRows; ++row) {
      const __m512i weight = load(weights + row * columns + i);
      for (size_t t = 0; t < Count; ++t) {
        lanes[t][row] = _mm512_dpwssd_epi32(lanes[t][row], values[t], weight);
      }
    }
  }
  for (size_t t = 0; t < Count; ++t) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + t * kMatrixRows), sum_lanes(lanes[t]));
  }
}

// Four rows of six inputs are as many sums as the registers hold beside what is multiplied.
constexpr size_t kMostInputs = 6;
constexpr decltype(&multiply_tile<1>) kTiles[kMostInputs] = {multiply_tile<1>, multiply_tile<2>,
                                                             multiply_tile<3>, multiply_tile<4>,
                                                             multiply_tile<5>, multiply_tile<6>};

void multiply_rows_avx512(const int16_t* weights, const int16_t* inputs, size_t input_count,
                          size_t columns, int32_t* sums) {
  for (size_t t = 0; t < input_count;) {
    const size_t count = input_count - t < kMostInputs ? input_count - t : kMostInputs;
    kTiles[count - 1](weights, inputs + t * columns, columns, sums + t * kMatrixRows);
    t += count;
  }
}

}  // namespace

const MatrixKernels kAvx512MatrixKernels = {expand_u4_avx512, expand_i8_avx512,
                                            multiply_rows_avx512};

}  // namespace sightline
#endif
