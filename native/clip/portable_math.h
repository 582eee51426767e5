#pragma once

#include <cstddef>
#include <cstdint>

// Float functions that give the same bits on every target: IEEE additions, multiplications and
// divisions in the order that stands here, compiled without contraction, and nothing of libm.

namespace sightline {

// Adding 1.5 * 2^23 to a float below 2^22 rounds it to an integer, ties to even, and leaves that
// integer in the low bits: no conversion, which WebAssembly would guard with a branch.
inline constexpr float kRoundingShift = 12582912.0f;
inline int32_t shifted_integer(float shifted) {
  return __builtin_bit_cast(int32_t, shifted) - 0x4b400000;
}

// e^x, relative error below 3e-7, for x clamped to [-87, 88]; NaN gives e^-87. The polynomial is
// that of Cephes' expf.
inline float portable_exp(float x) {
  x = x > -87.0f ? x : -87.0f;
  x = x < 88.0f ? x : 88.0f;
  const float shifted = x * 1.44269504f + kRoundingShift;
  const float exponent = shifted - kRoundingShift;
  const float r = (x - exponent * 0.693359375f) - exponent * -2.12194440e-4f;
  float sum = 1.9875691500e-4f;
  sum = sum * r + 1.3981999507e-3f;
  sum = sum * r + 8.3334519073e-3f;
  sum = sum * r + 4.1665795894e-2f;
  sum = sum * r + 1.6666665459e-1f;
  sum = sum * r + 5.0000001201e-1f;
  sum = (sum * (r * r) + r) + 1.0f;
  const auto power = static_cast<uint32_t>(shifted_integer(shifted) + 127) << 23;
  return sum * __builtin_bit_cast(float, power);
}

// The error function within 6e-7 (Abramowitz and Stegun, 7.1.26).
inline float portable_erf(float x) {
  const float magnitude = x < 0 ? -x : x;
  const float t = 1.0f / (1.0f + 0.3275911f * magnitude);
  float sum = 1.061405429f;
  sum = sum * t + -1.453152027f;
  sum = sum * t + 1.421413741f;
  sum = sum * t + -0.284496736f;
  sum = sum * t + 0.254829592f;
  const float value = 1.0f - sum * t * portable_exp(-(magnitude * magnitude));
  return x < 0 ? -value : value;
}

inline float gelu(float x) { return 0.5f * x * (1.0f + portable_erf(x * 0.70710678f)); }
inline float quick_gelu(float x) { return x / (1.0f + portable_exp(-1.702f * x)); }

// Sums are taken in 16 lanes, value i in lane i % 16, and the lanes added by halves: an order of
// its own right, whatever vectors the compiler makes of it.
inline constexpr size_t kSumLanes = 16;

inline float add_lanes(float* lanes) {
  for (size_t width = kSumLanes / 2; width > 0; width /= 2) {
    for (size_t i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

// The sum of term(i) for i < count.
template <class Term>
inline float sum_in_lanes(size_t count, const Term& term) {
  float lanes[kSumLanes] = {};
  size_t begin = 0;
  for (; begin + kSumLanes <= count; begin += kSumLanes) {
    for (size_t lane = 0; lane < kSumLanes; ++lane) lanes[lane] += term(begin + lane);
  }
  for (size_t i = begin; i < count; ++i) lanes[i - begin] += term(i);
  return add_lanes(lanes);
}

}  // namespace sightline
