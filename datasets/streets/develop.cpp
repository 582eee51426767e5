#include <array>
#include <cmath>

#include "datasets/streets/picture.h"

namespace sightline {
namespace {

constexpr int kSteps = 4096;
constexpr float kBrightest = 8;

/// Film curve and sRGB in one table over the square root of the light.
std::array<uint8_t, kSteps> make_curve() {
  std::array<uint8_t, kSteps> curve{};
  for (int i = 0; i < kSteps; ++i) {
    const float root = static_cast<float>(i) / (kSteps - 1), x = root * root * kBrightest * 0.72f;
    const float film = clamp01(x * (2.51f * x + 0.03f) / (x * (2.43f * x + 0.59f) + 0.14f));
    const float srgb = film <= 0.0031308f ? 12.92f * film : 1.055f * std::pow(film, 1 / 2.4f) - 0.055f;
    curve[static_cast<size_t>(i)] = static_cast<uint8_t>(srgb * 255 + 0.5f);
  }
  return curve;
}

}  // namespace

std::vector<uint8_t> develop(const Canvas& canvas, float exposure) {
  static const std::array<uint8_t, kSteps> curve = make_curve();
  std::vector<uint8_t> rgb(canvas.light.size() * 3);
  const float gain = exposure / kBrightest;
  const auto tone = [&](float light) { return curve[static_cast<size_t>(std::sqrt(std::clamp(light * gain, 0.0f, 1.0f)) * (kSteps - 1))]; };
  for (size_t i = 0; i < canvas.light.size(); ++i) {
    const Rgb& light = canvas.light[i];
    rgb[i * 3] = tone(light.x), rgb[i * 3 + 1] = tone(light.y), rgb[i * 3 + 2] = tone(light.z);
  }
  return rgb;
}

}  // namespace sightline
