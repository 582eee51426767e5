#pragma once
#include <cstdint>
#include <vector>

namespace sightline {

/// A tile of smooth noise that repeats every `kSize` cells, in [0, 1] around 0.5.
class NoiseTile {
 public:
  static constexpr int kSize = 256;
  NoiseTile();
  /// Nearest cell; coordinates of any size.
  float at(float x, float y) const {
    const auto column = static_cast<uint32_t>(static_cast<int32_t>(x + 65536.0f)) & (kSize - 1);
    const auto row = static_cast<uint32_t>(static_cast<int32_t>(y + 65536.0f)) & (kSize - 1);
    return cells_[row * kSize + column];
  }
  /// Interpolated between cells.
  float smooth(float x, float y) const;

 private:
  std::vector<float> cells_;
};

const NoiseTile& noise_tile();

}  // namespace sightline
