#include "native/base/half.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

using namespace sightline;

TEST_CASE("every half survives the way to float and back") {
  for (uint32_t half = 0; half <= 0xffff; ++half) {
    const bool is_nan = (half & 0x7c00) == 0x7c00 && (half & 0x3ff) != 0;
    const float value = half_to_float(static_cast<uint16_t>(half));
    if (is_nan ? !std::isnan(value) : float_to_half(value) != half) FAIL("half " << half);
  }
}

TEST_CASE("halves have their IEEE 754 values") {
  CHECK(half_to_float(0x3c00) == 1.0f);
  CHECK(half_to_float(0xc000) == -2.0f);
  CHECK(half_to_float(0x7bff) == 65504.0f);
  CHECK(half_to_float(0x0001) == 0x1p-24f);
  CHECK(half_to_float(0x0400) == 0x1p-14f);
  CHECK(half_to_float(0x7c00) == std::numeric_limits<float>::infinity());
  CHECK(std::signbit(half_to_float(0x8000)));
}

TEST_CASE("a float rounds to the nearest half, ties to even") {
  for (uint32_t half = 0; half < 0x7bff; ++half) {
    const float low = half_to_float(static_cast<uint16_t>(half));
    const float high = half_to_float(static_cast<uint16_t>(half + 1));
    const float middle = (low + high) / 2;
    const uint32_t even = half & 1 ? half + 1 : half;
    if (float_to_half(middle) != even || float_to_half(std::nextafter(middle, 0.0f)) != half ||
        float_to_half(std::nextafter(middle, 1e9f)) != half + 1 ||
        float_to_half(-middle) != (even | 0x8000)) {
      FAIL("between half " << half << " and the next");
    }
  }
}

TEST_CASE("floats beyond the range of halves become zero, infinity or NaN") {
  CHECK(float_to_half(65519.996f) == 0x7bff);
  CHECK(float_to_half(65520.0f) == 0x7c00);
  CHECK(float_to_half(-std::numeric_limits<float>::max()) == 0xfc00);
  CHECK(float_to_half(-std::numeric_limits<float>::infinity()) == 0xfc00);
  CHECK(float_to_half(0x1p-25f) == 0x0000);
  CHECK(float_to_half(-0x1p-26f) == 0x8000);
  CHECK(float_to_half(std::numeric_limits<float>::denorm_min()) == 0x0000);
  CHECK(std::isnan(half_to_float(float_to_half(std::nanf("")))));
}
