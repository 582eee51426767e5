#include <cmath>

#include "datasets/streets/noise.h"
#include "datasets/streets/random.h"
#include "datasets/streets/shader.h"

namespace sightline {
namespace {

constexpr Rgb kAsphalt{0.088f, 0.090f, 0.094f};
constexpr Rgb kPaint{0.68f, 0.68f, 0.65f};
constexpr Rgb kStone{0.36f, 0.35f, 0.34f};
constexpr Rgb kSnow{0.80f, 0.84f, 0.90f};
constexpr float kKerb_m = 0.20f;

}  // namespace

Shader::Row Shader::row(float y_px) const {
  Row row;
  row.y_px = y_px;
  row.is_ground = y_px > camera_.vanish_y_px + 0.3f;
  if (!row.is_ground) {
    row.rise = std::max(camera_.ray(0, y_px).y, 0.0f);
    row.up = row.rise / std::sqrt(1 + row.rise * row.rise);
    row.reach = 1 / (row.up + 0.10f);
    row.haze = std::exp(-row.rise * 9) * (1 - air_.clearness(260));
    row.base = lerp(air_.horizon, air_.zenith, std::pow(std::min(1.0f, row.up * 2.4f), 0.62f));
    return row;
  }
  const Camera& c = camera_;
  const Road& road = drive_.road;
  row.z = c.focal_px * c.height / (y_px - c.vanish_y_px);
  row.s = row.z + c.s;
  row.across_m = row.z / c.focal_px;
  row.along_m = row.z * row.z / (c.focal_px * c.height);
  row.grain_level = GrainTile::level_for(std::sqrt(row.across_m * row.along_m));
  float middle = 1e6f;
  for (float s : road.crossings) {
    if (std::fabs(s - row.s) < std::fabs(middle - row.s)) middle = s;
  }
  row.before = row.s < middle ? 1.0f : -1.0f;
  row.to_crossing_m = std::fabs(middle - row.s) - road.crossing_half_width;
  row.side_road = covered(row.to_crossing_m, row.along_m, -1e6f, 0);
  row.dash = covered_by_stripes(row.s, row.along_m, 9, 0, 3.6f);
  row.bay = covered_by_stripes(row.s, row.along_m, 6, 0, 0.12f);
  row.stop = covered(row.to_crossing_m, row.along_m, 4.2f, 4.6f);
  row.zebra = covered(row.to_crossing_m, row.along_m, 0.8f, 3.4f);
  row.seam = covered_by_stripes(row.s, row.along_m, 0.9f, 0, 0.05f);
  const float stretch = floor_of(row.s / 8.5f);
  row.wear_z = row.s - stretch * 8.5f;
  for (int lane = 0; lane < 8; ++lane)
    row.wear_by_lane[static_cast<size_t>(lane)] =
        cell_noise(lane, static_cast<int>(stretch), static_cast<uint32_t>(drive_.seed));
  return row;
}

/// Share of white paint on the road, `off_line_m` from the nearest edge of a lane.
float Shader::markings(const Row& row, float u, float off_line_m) const {
  if (row.to_crossing_m <= 0) return 0;
  const bool plain = row.to_crossing_m > 5 && row.bay <= 0 && off_line_m > 0.24f + row.across_m;
  if (plain && !(drive_.road.median && std::fabs(u) < 1 + row.across_m)) return 0;
  const Road& road = drive_.road;
  const float side = std::fabs(u), w = row.across_m,
              edge = static_cast<float>(road.lanes_each_way) * road.lane_width;
  float paint = 0;
  for (int lane = 1; lane < road.lanes_each_way; ++lane)
    paint += covered(side, w, static_cast<float>(lane) * road.lane_width - 0.07f,
                     static_cast<float>(lane) * road.lane_width + 0.07f) *
             row.dash;
  if (road.parking_width > 0) {
    paint += covered(side, w, edge - 0.07f, edge + 0.07f) * (road.median ? 1.0f : 0.8f);
    if (!road.median) paint += covered(side, w, edge, road.half_width()) * row.bay * 0.7f;
  }
  if (road.median)
    paint += covered(side, w, 0.45f, 0.6f);
  else if (road.lanes_each_way > 1)
    paint += covered(side, w, 0.09f, 0.22f);
  else
    paint += covered(u, w, -0.07f, 0.07f) * row.dash;
  if (row.to_crossing_m < 5) {
    const float zebra = row.zebra * covered_by_stripes(u + 50, w, 1.0f, 0, 0.5f) *
                        covered(side, w, 0, road.half_width() - 0.3f);
    const float stop = row.stop * covered(u * row.before, w, 0.2f, edge - 0.2f);
    paint = paint * (row.to_crossing_m < 4.7f ? 0 : 1) + zebra + stop;
  }
  return std::min(paint, 1.0f);
}

/// How much darker repairs and covers make lane `lane`, `x` metres from its left edge.
float Shader::wear(const Row& row, float lane, float x) const {
  if (row.z > 45) return 0;
  const float pick = row.wear_by_lane[static_cast<size_t>(static_cast<int>(lane) & 7)];
  if (pick < 0.16f) {
    const float left = 0.3f + pick * 6, back = 1 + pick * 12;
    return 0.24f * covered(x, row.across_m, left, left + 1.5f) *
           covered(row.wear_z, row.along_m, back, back + 3.2f);
  }
  if (pick < 0.90f) return 0;
  const float dx = x - drive_.road.lane_width * 0.5f, dz = row.wear_z - 4,
              away = std::sqrt(dx * dx + dz * dz);
  return 0.42f * covered(away, std::max(row.across_m, row.along_m * 0.7f), 0, 0.33f) -
         0.2f * covered(away, row.along_m + 0.02f, 0.24f, 0.28f);
}

Shader::Earth Shader::road_at(const Row& row, float u) const {
  const Road& road = drive_.road;
  const float grain = 2.2f * grain_.at(u, row.s, row.grain_level);
  const float lanes = u / road.lane_width, lane = floor_of(lanes), in_lane = lanes - lane - 0.5f;
  const float track = clamp01(1 - std::fabs(std::fabs(in_lane) - 0.24f) * 6);  // where tyres run
  Earth earth{kAsphalt * (1.05f + 0.62f * grain - 0.13f * track), 0};
  const float side = std::fabs(u),
              gutter =
                  side > road.half_width() - 0.3f
                      ? covered(side, row.across_m, road.half_width() - 0.16f, road.half_width())
                      : 0;
  earth.albedo = earth.albedo *
                 ((1 - wear(row, lane, (in_lane + 0.5f) * road.lane_width)) * (1 - 0.45f * gutter));
  const float paint = markings(row, u, (0.5f - std::fabs(in_lane)) * road.lane_width);
  if (paint > 0) {
    const float worn = std::min(1.0f, 0.80f + 0.32f * noise_.at(u * 17, row.s * 17));
    earth.albedo = lerp(earth.albedo, kPaint, paint * worn * (1 - 0.8f * air_.snow));
  }
  if (air_.snow > 0) {
    const float rough = noise_.smooth(u * 9, row.s * 2.2f) - 0.5f;
    const float cleared = std::fabs(u) < static_cast<float>(road.lanes_each_way) * road.lane_width
                              ? smoothstep(0.15f, 0.75f, track + 0.9f * rough)
                              : 0;
    earth.albedo = lerp(earth.albedo * 1.25f, kSnow * (0.90f + 0.25f * grain + 0.18f * rough),
                        0.93f - 0.60f * cleared);
  }
  if (air_.wetness > 0) {
    const float puddle =
        smoothstep(0.50f, 0.68f, noise_.smooth(u * 2.6f + 40, row.s * 0.8f) + 0.12f * track);
    earth.wet = 0.55f + 0.45f * puddle;
    earth.albedo = earth.albedo * (0.62f - 0.12f * puddle);
  }
  return earth;
}

Shader::Earth Shader::beyond_at(const Row& row, float u, float outside_m) const {
  const Road& road = drive_.road;
  const float w = row.across_m;
  const float grain = 2.0f * grain_.at(u, row.s * 0.8f, row.grain_level),
              patchy = noise_.smooth(u * 0.7f, row.s * 0.7f) - 0.5f;
  const float kerb = covered(outside_m, w, 0, kKerb_m);
  const float paved =
      road.paved_beyond ? 1.0f : covered(outside_m, w, kKerb_m, kKerb_m + road.pavement_width);
  Earth earth;
  if (paved < 1) {
    const bool works = drive_.place == Place::kIndustrial;
    earth.albedo = lerp(works ? Rgb{0.19f, 0.18f, 0.16f} : Rgb{0.075f, 0.155f, 0.026f},
                        works ? Rgb{0.15f, 0.16f, 0.09f} : Rgb{0.17f, 0.20f, 0.055f},
                        clamp01(0.4f + 1.2f * patchy)) *
                   (1 + 0.85f * grain);
  }
  if (paved > 0) {
    const float joint = std::max(row.seam, covered_by_stripes(u + 90, w, 0.9f, 0, 0.04f));
    earth.albedo =
        lerp(earth.albedo,
             Rgb{0.27f, 0.26f, 0.25f} * ((1 + 0.3f * grain + 0.18f * patchy) * (1 - 0.30f * joint)),
             paved);
  }
  if (air_.snow > 0)
    earth.albedo = lerp(earth.albedo, kSnow * (0.95f + 0.2f * grain + 0.12f * patchy),
                        paved > 0.5f ? clamp01(0.84f + 0.4f * patchy + 0.3f * grain) : 0.96f);
  earth.albedo =
      lerp(earth.albedo, lerp(kStone, kSnow, air_.snow * 0.55f) * (1 + 0.3f * grain), kerb);
  if (air_.wetness > 0) {
    earth.wet = paved * 0.42f;
    earth.albedo = earth.albedo * 0.68f;
  }
  return earth;
}

Rgb Shader::ground(const Row& row, float x_px, const GroundLight& laid, Rgb reflection) const {
  const Camera& c = camera_;
  const float z = row.z;
  const Vec3 p{(x_px - c.vanish_x_px) / c.focal_px * z, -c.height, z};
  const float u = p.x - c.bend * z * z + c.x;
  const float outside = std::fabs(u) - drive_.road.half_width();
  const float on_road = std::max(clamp01(0.5f - outside / row.across_m), row.side_road);
  Earth earth;
  if (on_road >= 0.999f) {
    earth = road_at(row, u);
  } else if (on_road <= 0.001f) {
    earth = beyond_at(row, u, outside);
  } else {
    const Earth a = road_at(row, u), b = beyond_at(row, u, outside);
    earth = {lerp(b.albedo, a.albedo, on_road), lerp(b.wet, a.wet, on_road)};
  }
  const float distance = std::sqrt(dot(p, p));
  const float sun = std::max(0.0f, air_.sun_direction.y) * laid.sun;
  Rgb light =
      air_.sky_light * laid.sky + air_.sun * sun + laid.light + headlights(p) * (0.75f * laid.sky);
  Rgb colour = earth.albedo * light;
  if (earth.wet > 0) {
    const float grazing = 1 - c.height / distance, g2 = grazing * grazing;
    colour = lerp(colour, reflection,
                  earth.wet * (0.06f + 0.62f * g2 * g2) * (0.35f + 0.65f * laid.sky));
  }
  return through_air(colour, distance);
}

}  // namespace sightline
