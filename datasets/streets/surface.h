#pragma once
#include <cstdint>

#include "datasets/streets/vec3.h"

namespace sightline {

enum class Texture : uint8_t { kNone, kFacade, kBrick, kPanels, kRoof, kLeaves };

/// What a surface is made of. Colours are linear.
struct Material {
  Rgb albedo{0.5f, 0.5f, 0.5f};
  Rgb emissive{};
  float gloss = 0;  ///< 0 matt, 1 mirrors the sky at grazing angles
  Texture texture = Texture::kNone;
  bool snowy = false;   ///< upward parts turn white in snow
  uint32_t seed = 0;    ///< of a texture
  float lit_share = 0;  ///< of windows, at night
};

/// A convex polygon after projection, with what shading needs. Positions are relative to the
/// camera: x right, y up, z along the road.
struct Surface {
  static constexpr int kMaxCorners = 10;
  float x_px[kMaxCorners], y_px[kMaxCorners];
  int corners = 0;
  float inverse_depth, inverse_depth_dx,
      inverse_depth_dy;  ///< 1/z at pixel (0,0) and its steps per pixel
  float depth_bias = 0;  ///< relative; lifts decals off what they lie on
  bool rounded = false;
  Vec3 normal, normal_dx, normal_dy;  ///< at pixel (0,0) and its steps per pixel
  Vec3 u_axis, v_axis;                ///< texture coordinates in metres: dot(axis, p) + offset
  float u_offset = 0, v_offset = 0;
  Rgb lamp_light;       ///< from nearby street lamps, already scaled by the angle
  float sun_share = 1;  ///< 0 in the shadow of a building
  const Material* material = nullptr;
};

}  // namespace sightline
