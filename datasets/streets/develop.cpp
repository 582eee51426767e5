#include <bit>
#include <cmath>

#include "datasets/streets/picture.h"

namespace sightline {
namespace {

// The table is entered by the exponent and the first nine bits of the mantissa of the light, so its
// steps are equally fine in the dark and in the bright.
constexpr int kShift = 14;
constexpr float kDarkest = 1.0f / 16384, kBrightest = 8;

uint32_t entry_of(float light) {
  return (std::bit_cast<uint32_t>(light) - std::bit_cast<uint32_t>(kDarkest)) >> kShift;
}

/// Film curve and sRGB.
std::vector<uint8_t> make_curve() {
  std::vector<uint8_t> curve(entry_of(kBrightest) + 1);
  for (size_t i = 0; i < curve.size(); ++i) {
    const uint32_t bits =
        std::bit_cast<uint32_t>(kDarkest) + ((2 * static_cast<uint32_t>(i) + 1) << (kShift - 1));
    const float x = std::bit_cast<float>(bits) * 0.72f;
    const float film = clamp01(x * (2.51f * x + 0.03f) / (x * (2.43f * x + 0.59f) + 0.14f));
    const float srgb =
        film <= 0.0031308f ? 12.92f * film : 1.055f * std::pow(film, 1 / 2.4f) - 0.055f;
    curve[i] = static_cast<uint8_t>(srgb * 255 + 0.5f);
  }
  return curve;
}

}  // namespace

std::vector<uint8_t> develop(const Canvas& canvas, float exposure) {
  static const std::vector<uint8_t> curve = make_curve();
  std::vector<uint8_t> rgb(canvas.light.size() * 3);
  const uint8_t* table = curve.data();
  const auto tone = [&](float light) {
    return table[entry_of(std::clamp(light * exposure, kDarkest, kBrightest))];
  };
  for (size_t i = 0; i < canvas.light.size(); ++i) {
    const Rgb& light = canvas.light[i];
    rgb[i * 3] = tone(light.x), rgb[i * 3 + 1] = tone(light.y), rgb[i * 3 + 2] = tone(light.z);
  }
  return rgb;
}

}  // namespace sightline
