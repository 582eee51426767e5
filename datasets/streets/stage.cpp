#include "datasets/streets/stage.h"

namespace sightline {
namespace {

constexpr float kNear_m = 0.35f;
constexpr float kFar_m = 420;
constexpr size_t kMaxSurfaces = 65000;

Vec3 newell_normal(const Vec3* points, int count) {
  Vec3 normal;
  for (int i = 0, j = count - 1; i < count; j = i++) normal += cross(points[j], points[i]);
  return normalized(normal);
}

}  // namespace

void Stage::begin(const Camera& camera, bool mirrored) {
  camera_ = camera;
  wants_mirror_ = mirrored;
  sun_share_ = 1;
  materials_.clear();
  surfaces_.clear();
  mirrored_.clear();
  objects_.clear();
  glows_.clear();
  patches_.clear();
  point_lights_.clear();
}

void Stage::begin_object(int object) {
  if (!objects_.empty()) objects_.back().end = surfaces_.size();
  objects_.push_back({object, surfaces_.size(), surfaces_.size()});
}

Rgb Stage::lamp_light(Vec3 position, Vec3 normal) const {
  Rgb sum;
  for (const PointLight& lamp : point_lights_) {
    const Vec3 to = lamp.position - position;
    const float squared = dot(to, to);
    if (squared > 900) continue;
    const float facing = dot(to, normal) / std::sqrt(squared + 0.01f);
    sum += lamp.colour * ((0.25f + 0.75f * std::max(facing, 0.0f)) * 14 / (8 + squared));
  }
  return sum;
}

bool Stage::project(const Corner* corners, int count, bool rounded, Vec3 face,
                    const Material* material, float depth_bias, Surface& out) const {
  const Camera& c = camera_;
  const float distance = dot(face, corners[0].position);
  if (std::fabs(distance) < 1e-4f) return false;
  float x_min = 1e9f, x_max = -1e9f, y_min = 1e9f, y_max = -1e9f;
  for (int i = 0; i < count; ++i) {
    out.x_px[i] = c.screen_x(corners[i].position);
    out.y_px[i] = c.screen_y(corners[i].position);
    x_min = std::min(x_min, out.x_px[i]), x_max = std::max(x_max, out.x_px[i]);
    y_min = std::min(y_min, out.y_px[i]), y_max = std::max(y_max, out.y_px[i]);
  }
  if (x_max < 0 || x_min > kWidth_px || y_max < 0 || y_min > kHeight_px || x_max - x_min < 0.05f ||
      y_max - y_min < 0.05f)
    return false;
  out.corners = count;
  out.material = material;
  out.depth_bias = depth_bias;
  const Vec3 plane = face * (1 / distance);
  out.inverse_depth_dx = plane.x / c.focal_px;
  out.inverse_depth_dy = -plane.y / c.focal_px;
  out.inverse_depth =
      plane.z - plane.x * c.vanish_x_px / c.focal_px + plane.y * c.vanish_y_px / c.focal_px;
  out.normal = face;
  out.normal_dx = out.normal_dy = {};
  out.rounded = rounded;
  if (rounded) {
    int best = 2;
    float best_area = 0;
    for (int i = 2; i < count; ++i) {
      const float area = (out.x_px[1] - out.x_px[0]) * (out.y_px[i] - out.y_px[0]) -
                         (out.x_px[i] - out.x_px[0]) * (out.y_px[1] - out.y_px[0]);
      if (std::fabs(area) > std::fabs(best_area)) best_area = area, best = i;
    }
    if (std::fabs(best_area) > 0.02f) {
      const Vec3 d1 = corners[1].normal - corners[0].normal,
                 d2 = corners[best].normal - corners[0].normal;
      const float x1 = out.x_px[1] - out.x_px[0], y1 = out.y_px[1] - out.y_px[0];
      const float x2 = out.x_px[best] - out.x_px[0], y2 = out.y_px[best] - out.y_px[0];
      out.normal_dx = (d1 * y2 - d2 * y1) * (1 / best_area);
      out.normal_dy = (d2 * x1 - d1 * x2) * (1 / best_area);
      out.normal = corners[0].normal - out.normal_dx * out.x_px[0] - out.normal_dy * out.y_px[0];
    } else {
      out.normal = corners[0].normal;
    }
  }
  out.u_axis = out.v_axis = {};
  return true;
}

void Stage::add(const Vec3* points, const Vec3* normals, int count, Vec3 outward,
                const Material* material, float depth_bias, bool two_sided) {
  if (surfaces_.size() >= kMaxSurfaces) return;
  Vec3 moved[8];
  float nearest = 1e9f, farthest = -1e9f;
  for (int i = 0; i < count; ++i) {
    moved[i] = camera_.to_camera(points[i]);
    nearest = std::min(nearest, moved[i].z), farthest = std::max(farthest, moved[i].z);
  }
  if (farthest < kNear_m || nearest > kFar_m) return;
  Vec3 face = newell_normal(moved, count);
  if (dot(face, outward) < 0) face = face * -1;
  const bool seen = two_sided || dot(face, moved[0]) <= 0;
  const Vec3 above_mirror{0, 2 * camera_.height, 0};
  const bool seen_mirrored =
      wants_mirror_ && nearest < 120 && (two_sided || dot(face, moved[0] + above_mirror) <= 0);
  if (!seen && !seen_mirrored) return;
  if (two_sided && dot(face, moved[0]) > 0) face = face * -1;
  Corner clipped[Surface::kMaxCorners];
  int kept = 0;
  for (int i = 0, j = count - 1; i < count; j = i++) {
    const Vec3 na = normals ? normals[j] : face, nb = normals ? normals[i] : face;
    const bool a_in = moved[j].z >= kNear_m, b_in = moved[i].z >= kNear_m;
    if (a_in != b_in) {
      const float t = (kNear_m - moved[j].z) / (moved[i].z - moved[j].z);
      clipped[kept++] = {lerp(moved[j], moved[i], t), lerp(na, nb, t)};
    }
    if (b_in) clipped[kept++] = {moved[i], nb};
  }
  if (kept < 3) return;
  Vec3 middle;
  for (int i = 0; i < kept; ++i) middle += clipped[i].position * (1.0f / static_cast<float>(kept));
  Surface surface;
  surface.lamp_light = lamp_light(middle, face);
  surface.sun_share = sun_share_;
  if (seen && project(clipped, kept, normals != nullptr, face, material, depth_bias, surface))
    surfaces_.push_back(surface);
  if (!seen_mirrored) return;
  for (int i = 0; i < kept; ++i)
    clipped[i].position.y = -2 * camera_.height - clipped[i].position.y;
  const Vec3 mirrored_face{face.x, -face.y, face.z};
  if (!project(clipped, kept, normals != nullptr, mirrored_face, material, depth_bias, surface))
    return;
  if (!normals) surface.normal = face;
  mirrored_.push_back(surface);
}

void Stage::add_textured(const Vec3* points, int count, Vec3 outward, Vec3 u,
                         const Material* material) {
  const size_t before = surfaces_.size(), mirrored_before = mirrored_.size();
  add(points, nullptr, count, outward, material);
  const Vec3 origin = camera_.to_camera(points[0]);
  const Vec3 v = normalized(cross(outward, u)), up = v.y < 0 ? v * -1 : v;
  const auto dress = [&](Surface& surface) {
    surface.u_axis = u, surface.v_axis = up;
    surface.u_offset = -dot(u, origin), surface.v_offset = -dot(up, origin);
  };
  if (surfaces_.size() > before) dress(surfaces_.back());
  if (mirrored_.size() > mirrored_before) dress(mirrored_.back());
}

void Stage::add_glow(Vec3 position, Rgb colour, float radius_m) {
  const Vec3 moved = camera_.to_camera(position);
  if (moved.z > 0.8f && moved.z < 200) glows_.push_back({moved, colour, radius_m});
}

void Stage::add_point_light(Vec3 position, Rgb colour) {
  const Vec3 moved = camera_.to_camera(position);
  if (moved.z > -25 && moved.z < 130) point_lights_.push_back({moved, colour});
}

void Stage::add_patch(const Vec3* outline, int corners, float softness_m, float sky_taken,
                      float sun_taken, Rgb light) {
  GroundPatch patch;
  patch.corners = std::min(corners, GroundPatch::kMaxCorners);
  float nearest = 1e9f, farthest = -1e9f;
  for (int i = 0; i < patch.corners; ++i) {
    patch.outline[i] = camera_.to_camera(outline[i]);
    nearest = std::min(nearest, patch.outline[i].z),
    farthest = std::max(farthest, patch.outline[i].z);
  }
  if (farthest < 1 || nearest > 110) return;
  patch.softness_m = softness_m, patch.sky_taken = sky_taken, patch.sun_taken = sun_taken,
  patch.light = light;
  patches_.push_back(patch);
}

float Stage::sun_share_at(Vec3 position) const {
  const Vec3 p = camera_.to_camera(position);
  float share = 1;
  for (const GroundPatch& patch : patches_) {
    if (patch.sun_taken <= 0) continue;
    int left = 0;
    for (int i = 0, j = patch.corners - 1; i < patch.corners; j = i++) {
      const Vec3 a = patch.outline[j], b = patch.outline[i];
      left += (b.x - a.x) * (p.z - a.z) - (p.x - a.x) * (b.z - a.z) > 0;
    }
    if (left == 0 || left == patch.corners) share = std::min(share, 1 - patch.sun_taken);
  }
  return share;
}

}  // namespace sightline
