#pragma once

#include <cstdint>

namespace sightline {

// IEEE 754 binary16 ("half", fp16) as its 16 bits, converted in integers alone, so that native and
// WebAssembly agree bit for bit.

// Rounds to nearest, ties to even; beyond 65,519 becomes infinity, below 2^-25 (or equal) becomes
// zero of the same sign; a NaN stays a (quiet) NaN.
constexpr uint16_t float_to_half(float value) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, value);
  const uint32_t sign = bits >> 16 & 0x8000;
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return static_cast<uint16_t>(sign | 0x7e00);
  if (magnitude >= 0x477ff000) return static_cast<uint16_t>(sign | 0x7c00);

  const uint32_t exponent = magnitude >> 23;
  if (exponent < 102) return static_cast<uint16_t>(sign);
  // The shift that leaves the half's significand; subnormal halves lose one more bit per binade.
  const bool is_normal = exponent >= 113;
  const uint32_t shift = is_normal ? 13 : 126 - exponent;
  const uint32_t significand =
      is_normal ? magnitude - (112u << 23) : (magnitude & 0x7fffff) | 0x800000;
  const uint32_t truncated = significand >> shift;
  const uint32_t remainder = significand & ((1u << shift) - 1);
  const uint32_t halfway = 1u << (shift - 1);
  const bool round_up = remainder > halfway || (remainder == halfway && (truncated & 1));
  return static_cast<uint16_t>(sign | (truncated + round_up));
}

// Exact: every half is a float.
constexpr float half_to_float(uint16_t half) {
  const uint32_t sign = uint32_t{half} << 16 & 0x80000000;
  const uint32_t exponent = half >> 10 & 31;
  const uint32_t fraction = half & 0x3ff;
  if (exponent == 31) return __builtin_bit_cast(float, sign | 0x7f800000 | fraction << 13);
  if (exponent > 0)
    return __builtin_bit_cast(float, sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

}  // namespace sightline
