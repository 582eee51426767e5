#include "datasets/streets/noise.h"

#include <cmath>

#include "datasets/streets/random.h"
#include "datasets/streets/vec3.h"

namespace sightline {

NoiseTile::NoiseTile() : cells_(kSize * kSize) {
  float low = 1e9f, high = -1e9f;
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      float sum = 0, weight = 0.5f;
      for (int period = 8; period <= 128; period *= 2, weight *= 0.55f) {
        const float scale = static_cast<float>(period) / kSize, fx = x * scale, fy = y * scale;
        const int ix = static_cast<int>(fx), iy = static_cast<int>(fy);
        const float tx = smoothstep(0, 1, fx - ix), ty = smoothstep(0, 1, fy - iy);
        const auto corner = [&](int dx, int dy) {
          return cell_noise((ix + dx) % period, (iy + dy) % period, static_cast<uint32_t>(period));
        };
        sum += weight *
               lerp(lerp(corner(0, 0), corner(1, 0), tx), lerp(corner(0, 1), corner(1, 1), tx), ty);
      }
      cells_[static_cast<size_t>(y * kSize + x)] = sum;
      low = std::min(low, sum), high = std::max(high, sum);
    }
  }
  for (float& cell : cells_) cell = (cell - low) / (high - low);
}

GrainTile::GrainTile() {
  const NoiseTile& noise = noise_tile();
  constexpr auto kPeriod = static_cast<float>(NoiseTile::kSize);
  std::vector<uint8_t> finest(kSize * kSize);
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      const float fx = static_cast<float>(x) / kSize * kPeriod,
                  fy = static_cast<float>(y) / kSize * kPeriod;
      const float stones = cell_noise(x, y, 3) + cell_noise(x / 2, y / 2, 4) - 1,
                  streak = noise.smooth(fx * 3, fy) - 0.5f;
      const float crack = clamp01(1 - std::fabs(noise.smooth(fx, fy + 40) - 0.5f) * 90) *
                          smoothstep(0.52f, 0.62f, noise.smooth(fy, fx));
      const float tone = 0.5f + 0.26f * stones + 0.22f * streak - 0.30f * crack;
      finest[static_cast<size_t>(y * kSize + x)] = static_cast<uint8_t>(clamp01(tone) * 255 + 0.5f);
    }
  }
  levels_.push_back(std::move(finest));
  for (int level = 1; level < kLevels; ++level) {
    const std::vector<uint8_t>& finer = levels_.back();
    const size_t size = static_cast<size_t>(kSize >> level);
    std::vector<uint8_t> coarser(size * size);
    for (size_t y = 0; y < size; ++y) {
      for (size_t x = 0; x < size; ++x) {
        const size_t at = y * 2 * size * 2 + x * 2;
        coarser[y * size + x] = static_cast<uint8_t>(
            (finer[at] + finer[at + 1] + finer[at + size * 2] + finer[at + size * 2 + 1] + 2) / 4);
      }
    }
    levels_.push_back(std::move(coarser));
  }
}

int GrainTile::level_for(float footprint_m) {
  int level = 0;
  for (float cell = 0.015f; cell < footprint_m && level < kLevels - 1; cell *= 2) ++level;
  return level;
}

}  // namespace sightline
