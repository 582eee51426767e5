#pragma once
#include <cstdint>
#include <vector>

#include "datasets/streets/vec3.h"

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
  float smooth(float x, float y) const {
    const float fx = floor_of(x), fy = floor_of(y), tx = x - fx;
    const auto x0 = static_cast<uint32_t>(static_cast<int32_t>(fx)) & (kSize - 1),
               x1 = (x0 + 1) & (kSize - 1);
    const auto y0 = (static_cast<uint32_t>(static_cast<int32_t>(fy)) & (kSize - 1)) * kSize,
               y1 = (y0 + kSize) & (kSize * kSize - 1);
    return lerp(lerp(cells_[y0 + x0], cells_[y0 + x1], tx),
                lerp(cells_[y1 + x0], cells_[y1 + x1], tx), y - fy);
  }

 private:
  std::vector<float> cells_;
};

/// The grain and cracks of asphalt: a 10 m square at 1 cm, repeating, with its smaller copies.
class GrainTile {
 public:
  static constexpr int kSize = 1024;
  static constexpr int kLevels = 8;
  GrainTile();
  /// The level whose cells are about `footprint_m` wide.
  static int level_for(float footprint_m);
  /// In [-0.5, 0.5].
  float at(float x_m, float y_m, int level) const {
    const float scale = 100 / static_cast<float>(1 << level);
    const uint32_t mask = static_cast<uint32_t>(kSize >> level) - 1;
    const auto column = static_cast<uint32_t>(static_cast<int32_t>((x_m + 1024) * scale)) & mask;
    const auto row = static_cast<uint32_t>(static_cast<int32_t>((y_m + 1024) * scale)) & mask;
    return static_cast<float>(levels_[static_cast<size_t>(level)][row * (mask + 1) + column]) *
               (1 / 255.0f) -
           0.5f;
  }

 private:
  std::vector<std::vector<uint8_t>> levels_;
};

inline const GrainTile& grain_tile() {
  static const GrainTile tile;
  return tile;
}

inline const NoiseTile& noise_tile() {
  static const NoiseTile tile;
  return tile;
}

}  // namespace sightline
