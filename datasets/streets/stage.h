#pragma once
#include <deque>
#include <vector>

#include "datasets/streets/camera.h"
#include "datasets/streets/surface.h"

namespace sightline {

/// A light source seen as a glowing dot.
struct Glow {
  Vec3 position;  ///< camera-relative
  Rgb colour;
  float radius_m = 0.12f;
};

/// A street lamp or a lit shop: light from a point, falling off with distance.
struct PointLight {
  Vec3 position;  ///< camera-relative
  Rgb colour;
};

/// Darkness or light lying on the ground inside a convex outline.
struct GroundPatch {
  static constexpr int kMaxCorners = 8;
  Vec3 outline[kMaxCorners];  ///< camera-relative; y is ignored; anticlockwise or clockwise
  int corners = 0;
  float softness_m = 0.3f;
  float sky_taken = 0, sun_taken = 0;  ///< shares; of overlapping shadows the darkest hides the sun
  Rgb light{};                         ///< irradiance added
};

/// Collects one frame's surfaces, lights and shadows. Shapes are given in road coordinates.
class Stage {
 public:
  void begin(const Camera& camera, bool mirrored);

  const Material* keep(const Material& material) { return &materials_.emplace_back(material); }
  /// Adds a convex polygon of up to 8 corners. `outward` tells its outer side; polygons facing away
  /// are dropped unless `two_sided`. `normals`, where given, are per corner and make it look round.
  void add(const Vec3* corners, const Vec3* normals, int count, Vec3 outward,
           const Material* material, float depth_bias = 0, bool two_sided = false);
  /// The same with texture coordinates measured in metres along `u` and up, from `corners[0]`.
  void add_textured(const Vec3* corners, int count, Vec3 outward, Vec3 u, const Material* material);

  void add_glow(Vec3 position, Rgb colour, float radius_m);
  void add_point_light(Vec3 position, Rgb colour);
  void add_patch(const Vec3* outline, int corners, float softness_m, float sky_taken,
                 float sun_taken, Rgb light = {});
  /// How much sun the patches so far leave at a place, and how much of it what is added from now on
  /// gets.
  float sun_share_at(Vec3 position) const;
  void set_sun_share(float share) { sun_share_ = share; }

  /// Everything added until the next call belongs to this object; -1 is scenery.
  void begin_object(int object);
  struct Range {
    int object;
    size_t begin, end;
  };

  const Camera& camera() const { return camera_; }
  const std::vector<Surface>& surfaces() const { return surfaces_; }
  const std::vector<Surface>& mirrored() const { return mirrored_; }
  const std::vector<Range>& objects() const { return objects_; }
  const std::vector<Glow>& glows() const { return glows_; }
  const std::vector<GroundPatch>& patches() const { return patches_; }
  const std::vector<PointLight>& point_lights() const { return point_lights_; }

 private:
  struct Corner {
    Vec3 position, normal;
  };
  bool project(const Corner* corners, int count, bool rounded, Vec3 face, const Material* material,
               float depth_bias, Surface& out) const;
  Rgb lamp_light(Vec3 position, Vec3 normal) const;

  Camera camera_;
  bool wants_mirror_ = false;
  float sun_share_ = 1;
  std::deque<Material> materials_;
  std::vector<Surface> surfaces_, mirrored_;
  std::vector<Range> objects_;
  std::vector<Glow> glows_;
  std::vector<GroundPatch> patches_;
  std::vector<PointLight> point_lights_;
};

}  // namespace sightline
