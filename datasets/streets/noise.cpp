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
        const auto corner = [&](int dx, int dy) { return cell_noise((ix + dx) % period, (iy + dy) % period, static_cast<uint32_t>(period)); };
        sum += weight * lerp(lerp(corner(0, 0), corner(1, 0), tx), lerp(corner(0, 1), corner(1, 1), tx), ty);
      }
      cells_[static_cast<size_t>(y * kSize + x)] = sum;
      low = std::min(low, sum), high = std::max(high, sum);
    }
  }
  for (float& cell : cells_) cell = (cell - low) / (high - low);
}

}  // namespace sightline
