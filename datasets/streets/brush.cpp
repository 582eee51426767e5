#include "datasets/streets/brush.h"

#include <cmath>

namespace sightline {
namespace {
constexpr float kTurn = 6.2831853f;
}

Brush::Brush(Stage& stage, float x, float s, float heading, float height)
    : stage_(stage), origin_{x, height, s}, cosine_(std::cos(heading)), sine_(std::sin(heading)) {}

void Brush::face(const Vec3* corners, int count, Vec3 outward, const Material* material, float bias,
                 const Vec3* normals, bool two_sided) {
  Vec3 placed[8], facing[8];
  for (int i = 0; i < count; ++i) {
    placed[i] = to_road(corners[i]);
    if (normals) facing[i] = direction_to_road(normals[i]);
  }
  stage_.add(placed, normals ? facing : nullptr, count, direction_to_road(outward), material, bias,
             two_sided);
}

void Brush::box(Vec3 middle, Vec3 half, const Material* material) {
  tapered_box(middle, half, 0, 0, material);
}

void Brush::tapered_box(Vec3 m, Vec3 h, float top_x, float top_z, const Material* material) {
  const float tx = h.x + top_x, tz = h.z + top_z;
  const Vec3 low[4] = {{m.x - h.x, m.y - h.y, m.z - h.z},
                       {m.x + h.x, m.y - h.y, m.z - h.z},
                       {m.x + h.x, m.y - h.y, m.z + h.z},
                       {m.x - h.x, m.y - h.y, m.z + h.z}};
  const Vec3 high[4] = {{m.x - tx, m.y + h.y, m.z - tz},
                        {m.x + tx, m.y + h.y, m.z - tz},
                        {m.x + tx, m.y + h.y, m.z + tz},
                        {m.x - tx, m.y + h.y, m.z + tz}};
  const Vec3 outward[4] = {{0, 0, -1}, {1, 0, 0}, {0, 0, 1}, {-1, 0, 0}};
  for (int i = 0; i < 4; ++i) {
    const Vec3 side[4] = {low[i], low[(i + 1) % 4], high[(i + 1) % 4], high[i]};
    face(side, 4, outward[i], material);
  }
  face(high, 4, {0, 1, 0}, material);
  face(low, 4, {0, -1, 0}, material);
}

void Brush::textured_box(Vec3 m, Vec3 h, const Material* walls, const Material* top) {
  const Vec3 outward[4] = {{0, 0, -1}, {1, 0, 0}, {0, 0, 1}, {-1, 0, 0}};
  const Vec3 along[4] = {{1, 0, 0}, {0, 0, 1}, {-1, 0, 0}, {0, 0, -1}};
  for (int i = 0; i < 4; ++i) {
    const Vec3 centre = m + outward[i] * h, reach = along[i] * h, rise{0, h.y, 0};
    const Vec3 wall[4] = {to_road(centre - reach - rise), to_road(centre + reach - rise),
                          to_road(centre + reach + rise), to_road(centre - reach + rise)};
    stage_.add_textured(wall, 4, direction_to_road(outward[i]), direction_to_road(along[i]), walls);
  }
  const Vec3 roof[4] = {{m.x - h.x, m.y + h.y, m.z - h.z},
                        {m.x + h.x, m.y + h.y, m.z - h.z},
                        {m.x + h.x, m.y + h.y, m.z + h.z},
                        {m.x - h.x, m.y + h.y, m.z + h.z}};
  face(roof, 4, {0, 1, 0}, top);
}

void Brush::disc(Vec3 middle, Vec3 axis, float radius, int sides, const Material* material,
                 float bias) {
  const Vec3 n = normalized(axis);
  const Vec3 a =
      normalized(std::fabs(n.y) < 0.9f ? cross(n, Vec3{0, 1, 0}) : cross(n, Vec3{1, 0, 0}));
  const Vec3 b = cross(n, a);
  sides = std::min(sides, 16);
  Vec3 rim[16];
  for (int i = 0; i < sides; ++i) {
    const float angle = kTurn * (static_cast<float>(i) + 0.5f) / static_cast<float>(sides);
    rim[i] = middle + a * (std::cos(angle) * radius) + b * (std::sin(angle) * radius);
  }
  if (sides <= 8) return face(rim, sides, n, material, bias);
  for (int i = 0; i < sides; i += 4) {
    Vec3 wedge[6] = {middle};
    int count = 1;
    for (int k = i; k <= std::min(i + 4, sides); ++k) wedge[count++] = rim[k % sides];
    face(wedge, count, n, material, bias);
  }
}

void Brush::tube(Vec3 a, Vec3 b, float radius_a, float radius_b, int sides,
                 const Material* material, bool caps) {
  const Vec3 axis = normalized(b - a);
  const Vec3 u = normalized(std::fabs(axis.y) < 0.9f ? cross(axis, Vec3{0, 1, 0})
                                                     : cross(axis, Vec3{1, 0, 0}));
  const Vec3 v = cross(axis, u);
  Vec3 before = u;
  for (int i = 1; i <= sides; ++i) {
    const float angle = kTurn * static_cast<float>(i) / static_cast<float>(sides);
    const Vec3 now = u * std::cos(angle) + v * std::sin(angle);
    const Vec3 wall[4] = {a + before * radius_a, a + now * radius_a, b + now * radius_b,
                          b + before * radius_b};
    const Vec3 normals[4] = {before, now, now, before};
    if (radius_b > 0.001f)
      face(wall, 4, before + now, material, 0, normals);
    else
      face(wall, 3, before + now, material, 0, normals);
    before = now;
  }
  if (!caps) return;
  disc(a, axis * -1, radius_a, std::min(sides, 8), material);
  if (radius_b > 0.001f) disc(b, axis, radius_b, std::min(sides, 8), material);
}

void Brush::ball(Vec3 middle, Vec3 radii, const Material* material, int rings, int sides) {
  const auto at = [&](int ring, int side) {
    const float lat = kTurn / 2 * static_cast<float>(ring) / static_cast<float>(rings),
                lon = kTurn * static_cast<float>(side) / static_cast<float>(sides);
    return Vec3{std::sin(lat) * std::cos(lon), std::cos(lat), std::sin(lat) * std::sin(lon)};
  };
  for (int ring = 0; ring < rings; ++ring) {
    for (int side = 0; side < sides; ++side) {
      const Vec3 n[4] = {at(ring, side), at(ring, side + 1), at(ring + 1, side + 1),
                         at(ring + 1, side)};
      Vec3 p[4], kept[4], normals[4];
      int count = 0;
      for (int i = 0; i < 4; ++i) p[i] = middle + n[i] * radii;
      for (int i = 0; i < 4; ++i) {
        if ((ring == 0 && i == 1) || (ring == rings - 1 && i == 3)) continue;
        kept[count] = p[i], normals[count++] = n[i];
      }
      face(kept, count, n[0] + n[2], material, 0, normals);
    }
  }
}

void Brush::extrude(const Outline* outline, int count, float bottom_half, float top_half,
                    float bevel, const Material* material) {
  float low = 1e9f, high = -1e9f, middle_z = 0, middle_y = 0;
  for (int i = 0; i < count; ++i) {
    low = std::min(low, outline[i].y), high = std::max(high, outline[i].y);
    middle_z += outline[i].z / static_cast<float>(count),
        middle_y += outline[i].y / static_cast<float>(count);
  }
  const auto half_at = [&](float y) {
    return lerp(bottom_half, top_half, (y - low) / (high - low));
  };
  const auto edge_normal = [&](int i) {
    const Outline a = outline[(i + count) % count], b = outline[(i + 1) % count];
    Vec3 n = normalized({0, a.z - b.z, b.y - a.y});
    return n.y * ((a.y + b.y) / 2 - middle_y) + n.z * ((a.z + b.z) / 2 - middle_z) < 0 ? n * -1 : n;
  };
  // Corners of the rim (where the bevel starts) and of the flat side.
  const auto rim = [&](int i, float side) {
    const Outline p = outline[i % count];
    return Vec3{side * (half_at(p.y) - bevel), p.y, p.z};
  };
  const auto cap = [&](int i, float side) {
    const Outline p = outline[i % count];
    const float dz = middle_z - p.z, dy = middle_y - p.y,
                inset = bevel / std::max(std::sqrt(dz * dz + dy * dy), bevel);
    const float y = p.y + dy * inset;
    return Vec3{side * half_at(y), y, p.z + dz * inset};
  };
  const auto smooth = [&](int corner, Vec3 own) {
    const Vec3 a = edge_normal(corner - 1), b = edge_normal(corner);
    return dot(a, b) > 0.55f ? normalized(a + b) : own;
  };
  for (int i = 0; i < count; ++i) {
    const Vec3 n = edge_normal(i), na = smooth(i, n), nb = smooth(i + 1, n);
    const Vec3 across[4] = {rim(i, -1), rim(i + 1, -1), rim(i + 1, 1), rim(i, 1)};
    const Vec3 across_normals[4] = {na, nb, nb, na};
    face(across, 4, n, material, 0, across_normals);
    for (float side : {-1.0f, 1.0f}) {
      const Vec3 out{side, 0, 0};
      const auto side_normal = [&](Vec3 p) {
        return normalized(
            Vec3{side, lerp(-0.22f, 0.45f, (p.y - low) / (high - low)), 0.12f * (p.z - middle_z)});
      };
      const Vec3 a = cap(i, side), b = cap(i + 1, side),
                 centre{side * half_at(middle_y), middle_y, middle_z};
      const Vec3 bevelled[4] = {rim(i, side), rim(i + 1, side), b, a};
      const Vec3 bevel_normals[4] = {normalized(na + out * 0.5f), normalized(nb + out * 0.5f),
                                     side_normal(b), side_normal(a)};
      face(bevelled, 4, n + out, material, 0, bevel_normals);
      const Vec3 wedge[3] = {centre, a, b};
      const Vec3 wedge_normals[3] = {side_normal(centre), side_normal(a), side_normal(b)};
      face(wedge, 3, out, material, 0, wedge_normals);
    }
  }
}

void Brush::wheel(Vec3 m, float radius, float width, float side, float rolled_m,
                  const Material* tyre, const Material* rim) {
  const Vec3 axis{side, 0, 0}, outer = m + axis * (width / 2);
  tube(m - axis * (width / 2), outer, radius, radius, 12, tyre, false);
  disc(outer, axis, radius, 12, tyre);
  disc(outer, axis, radius * 0.66f, 12, rim, 0.0015f);
  const float turn = rolled_m / radius;
  for (int spoke = 0; spoke < 5; ++spoke) {
    const float angle = turn + kTurn * static_cast<float>(spoke) / 5, half = 0.28f;
    const auto at = [&](float a, float r) {
      return outer + Vec3{0, std::cos(a) * r * radius, std::sin(a) * r * radius};
    };
    const Vec3 gap[4] = {at(angle - half * 0.7f, 0.26f), at(angle + half * 0.7f, 0.26f),
                         at(angle + half, 0.56f), at(angle - half, 0.56f)};
    face(gap, 4, axis, tyre, 0.003f);
  }
}

}  // namespace sightline
