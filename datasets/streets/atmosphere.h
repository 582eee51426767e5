#pragma once
#include "datasets/streets/drive.h"
#include "datasets/streets/vec3.h"

namespace sightline {

/// The light and air of a drive. Radiances are linear, 1 is a white wall in daylight.
struct Atmosphere {
  Vec3 sun_direction{0.4f, 0.7f, -0.4f};  ///< towards the sun (at night the moon)
  Rgb sun;
  Rgb sky_light, ground_light;  ///< ambient from above and below
  Rgb zenith, horizon;
  Rgb fog;
  float fog_density = 0;  ///< per metre
  float cloud_cover = 0;  ///< 0 none, 1 closed
  float stars = 0;
  float wetness = 0;
  float snow = 0;
  float headlights = 0;  ///< of the ego car
  float lamps = 0;       ///< street lamps and windows
  float exposure = 1;
  float halo = 1;  ///< size of glows in the air
  bool lights_on = false;

  /// What a mirror pointing along `direction` shows of the sky.
  Rgb sky(Vec3 direction) const {
    const float up = direction.y;
    return up > 0 ? lerp(horizon, zenith, std::sqrt(up))
                  : lerp(horizon * 0.6f, ground_light, std::min(1.0f, -up * 3));
  }
  /// The share of light that the air lets through over `distance_m`.
  float clearness(float distance_m) const { return std::exp(-fog_density * distance_m); }
};

Atmosphere make_atmosphere(const Drive& drive);

}  // namespace sightline
