#pragma once
#include "datasets/streets/stage.h"

namespace sightline {

/// Draws solid shapes on a stage in the frame of one thing: x right, y up, z forward, metres from
/// its base.
class Brush {
 public:
  Brush(Stage& stage, float x, float s, float heading, float height = 0);

  Stage& stage() const { return stage_; }
  Vec3 to_road(Vec3 p) const { return origin_ + turned(p, cosine_, sine_); }
  Vec3 direction_to_road(Vec3 d) const { return turned(d, cosine_, sine_); }

  void face(const Vec3* corners, int count, Vec3 outward, const Material* material, float bias = 0,
            const Vec3* normals = nullptr, bool two_sided = false);
  void box(Vec3 middle, Vec3 half, const Material* material);
  /// A box whose top is smaller or larger by `top_x` and `top_z`.
  void tapered_box(Vec3 middle, Vec3 half, float top_x, float top_z, const Material* material);
  /// A box whose side and end walls carry a texture.
  void textured_box(Vec3 middle, Vec3 half, const Material* walls, const Material* top);
  void disc(Vec3 middle, Vec3 axis, float radius, int sides, const Material* material,
            float bias = 0);
  /// A cone or cylinder between two points, shaded round, with closed ends.
  void tube(Vec3 a, Vec3 b, float radius_a, float radius_b, int sides, const Material* material,
            bool caps = true);
  void ball(Vec3 middle, Vec3 radii, const Material* material, int rings = 5, int sides = 8);

  struct Outline {
    float z, y;
  };
  /// A side view drawn across the width: half as wide as `bottom_width` at the lowest point and
  /// `top_width` at the highest, with edges rounded over `bevel`. The outline must be star-shaped
  /// about its middle.
  void extrude(const Outline* outline, int count, float bottom_half, float top_half, float bevel,
               const Material* material);
  /// A wheel standing at `middle`, its outer side towards `side` (-1 or +1).
  void wheel(Vec3 middle, float radius, float width, float side, float rolled_m,
             const Material* tyre, const Material* rim);

 private:
  Stage& stage_;
  Vec3 origin_;
  float cosine_, sine_;
};

}  // namespace sightline
