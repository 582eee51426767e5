#pragma once
#include <array>

#include "datasets/streets/atmosphere.h"
#include "datasets/streets/camera.h"
#include "datasets/streets/noise.h"
#include "datasets/streets/surface.h"

namespace sightline {

/// What has been laid on one pixel of ground.
struct GroundLight {
  float sky = 1, sun = 1;  ///< shares left
  Rgb light;               ///< added
};

/// Turns one frame's geometry into linear light.
class Shader {
 public:
  Shader(const Drive& drive, const Atmosphere& air, const Camera& camera);

  /// What all pixels of a row of sky or ground have in common.
  struct Row {
    float y_px = 0;
    bool is_ground = false;
    float z = 0, s = 0, across_m = 0,
          along_m = 0;        ///< of the ground: ahead, along the road, size of a pixel
    float to_crossing_m = 0;  ///< past the edge of the nearest side road; negative inside it
    float before = 1;         ///< +1 before that side road, -1 after
    float side_road = 0, dash = 0, bay = 0, stop = 0, zebra = 0, seam = 0;
    int grain_level = 0;
    float wear_z = 0;                             ///< metres into a stretch of equally worn road
    std::array<float, 8> wear_by_lane{};          ///< a random pick for each lane of the stretch
    float rise = 0, up = 0, reach = 0, haze = 0;  ///< of the sky
    Rgb base;
  };
  Row row(float y_px) const;

  /// `mirrored` surfaces are those of the world below the wet road.
  Rgb surface(const Surface& surface, float x_px, float y_px, bool mirrored) const;
  Rgb sky(const Row& row, float x_px) const;
  /// `reflection` is what a mirror lying there would show.
  Rgb ground(const Row& row, float x_px, const GroundLight& laid, Rgb reflection) const;

 private:
  struct Earth {
    Rgb albedo;
    float wet = 0;
  };
  Earth road_at(const Row& row, float u) const;
  Earth beyond_at(const Row& row, float u, float outside_m) const;
  float markings(const Row& row, float u, float off_line_m) const;
  float wear(const Row& row, float lane, float x) const;
  Rgb headlights(Vec3 p) const;
  Rgb far_land(const Row& row, float x_px, Rgb behind) const;
  Rgb through_air(Rgb colour, float distance_m) const {
    const float at = std::min(distance_m, 511.0f), whole = floor_of(at);
    const auto metre = static_cast<size_t>(whole);
    return lerp(air_.fog, colour, lerp(clearness_[metre], clearness_[metre + 1], at - whole));
  }

  const Drive& drive_;
  const Atmosphere& air_;
  const Camera& camera_;
  const GrainTile& grain_ = grain_tile();
  const NoiseTile& noise_ = noise_tile();
  float scroll_ = 0;
  std::array<float, 513> clearness_;  ///< by metre
};

/// A textured material at one point.
struct Texel {
  Rgb albedo, emissive;
  float gloss = 0;
};
Texel sample_texture(const Material& material, float u_m, float v_m, float footprint_m);

/// The share of [centre - width/2, centre + width/2] inside [a, b].
inline float covered(float centre, float width, float a, float b) {
  const float lo = std::max(a, centre - width / 2), hi = std::min(b, centre + width / 2);
  return hi > lo ? (hi - lo) / width : 0;
}
/// The two ends of an interval inside a pattern that repeats, for any number of its stripes.
class Repeat {
 public:
  Repeat(float centre, float width, float period) : per_width_(1 / width) {
    const float lo = centre - width / 2, hi = centre + width / 2, per = 1 / period;
    const float lo_cell = floor_of(lo * per), hi_cell = floor_of(hi * per);
    cells_ = hi_cell - lo_cell, lo_ = lo - lo_cell * period, hi_ = hi - hi_cell * period;
  }
  /// The share of the interval on the stripe [a, b], 0 <= a < b <= period.
  float stripe(float a, float b) const {
    const float size = b - a;
    return (cells_ * size + std::clamp(hi_ - a, 0.0f, size) - std::clamp(lo_ - a, 0.0f, size)) *
           per_width_;
  }

 private:
  float per_width_, cells_, lo_, hi_;
};
inline float covered_by_stripes(float centre, float width, float period, float a, float b) {
  return Repeat(centre, width, period).stripe(a, b);
}

}  // namespace sightline
