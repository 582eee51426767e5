#include "datasets/streets/shader.h"

#include <cmath>

#include "datasets/streets/noise.h"
#include "datasets/streets/random.h"

namespace sightline {
namespace {
constexpr Rgb kSnow{0.80f, 0.84f, 0.90f};
constexpr Rgb kHeadlightTint{1.0f, 0.93f, 0.80f};
}  // namespace

Shader::Shader(const Drive& drive, const Atmosphere& air, const Camera& camera)
    : drive_(drive), air_(air), camera_(camera), scroll_(static_cast<float>(drive.seed % 251)) {
  for (size_t i = 0; i < clearness_.size(); ++i)
    clearness_[i] = air.clearness(static_cast<float>(i));
}

Rgb Shader::headlights(Vec3 p) const {
  if (air_.headlights <= 0) return {};
  const float sideways = p.x / p.z, up = (p.y + 0.95f) / p.z - 0.012f;
  const float spread = 1 / (1 + sideways * sideways * 2.2f);
  const float beam = spread * spread * (up < 0 ? 1.0f : 0.10f + 0.90f / (1 + up * up * 500));
  const float falloff = smoothstep(1.5f, 6, p.z) / (1 + p.z * p.z * 0.0042f);
  return kHeadlightTint * (1.15f * air_.headlights * beam * falloff);
}

Rgb Shader::surface(const Surface& surface, float x_px, float y_px, bool mirrored) const {
  const Material& m = *surface.material;
  const float z = 1 / std::max(surface.inverse_depth + surface.inverse_depth_dx * x_px +
                                   surface.inverse_depth_dy * y_px,
                               1e-3f);
  Vec3 p = camera_.ray(x_px, y_px) * z;
  if (mirrored) p.y = -2 * camera_.height - p.y;
  const Vec3 n =
      surface.rounded
          ? normalized(surface.normal + surface.normal_dx * x_px + surface.normal_dy * y_px)
          : surface.normal;
  const float distance = std::sqrt(dot(p, p));
  const Vec3 toward = p * (-1 / distance);

  Texel texel{m.albedo, m.emissive, m.gloss};
  if (m.texture != Texture::kNone) {
    const float slant = std::max(0.12f, std::fabs(dot(n, toward)));
    const float footprint = z / camera_.focal_px / (0.35f + 0.65f * slant);
    if (m.texture == Texture::kLeaves)
      texel = sample_texture(m, p.x + camera_.x + 0.6f * (p.z + camera_.s),
                             p.y + 0.3f * (p.z + camera_.s), footprint);
    else
      texel = sample_texture(m, dot(surface.u_axis, p) + surface.u_offset,
                             dot(surface.v_axis, p) + surface.v_offset, footprint);
  }
  if (m.snowy && air_.snow > 0) {
    const float white = smoothstep(0.30f, 0.72f, n.y);
    texel.albedo = lerp(texel.albedo, kSnow, white * 0.92f);
    texel.gloss *= 1 - white;
  }
  const float facing = dot(n, toward);
  Rgb light = lerp(air_.ground_light, air_.sky_light, 0.5f + 0.5f * n.y);
  // Near the ground less of the sky is seen.
  light = light * (0.72f + 0.28f * smoothstep(0, 0.9f, p.y + camera_.height));
  light += air_.sun * (surface.sun_share * std::max(0.0f, dot(n, air_.sun_direction)));
  light += surface.lamp_light;
  light += headlights(p) * (0.15f + 0.85f * std::max(0.0f, facing));
  Rgb colour = texel.albedo * light + texel.emissive;
  if (texel.gloss > 0.01f) {
    const Vec3 mirror = n * (2 * facing) - toward;
    const float away = 1 - clamp01(facing), away2 = away * away;
    const float reflected = texel.gloss * (0.05f + 0.10f * texel.gloss + 0.75f * away2 * away2);
    colour = lerp(colour, air_.sky(mirror), std::min(reflected, 0.9f));
    const float sparkle = std::max(0.0f, dot(mirror, air_.sun_direction));
    const float s2 = sparkle * sparkle, s8 = s2 * s2 * s2 * s2;
    colour += air_.sun * (surface.sun_share * texel.gloss * 0.9f * s8 * s8 * s8 * s8);
  }
  return through_air(colour, distance);
}

Rgb Shader::far_land(const Row& row, float x_px, Rgb behind) const {
  const float rise = row.rise;
  if (rise > 0.14f) return behind;
  const float azimuth = (x_px - camera_.vanish_x_px) / camera_.focal_px + camera_.bend * 400;
  const NoiseTile& noise = noise_tile();
  const float pixel = 1 / camera_.focal_px;
  const bool town = drive_.place == Place::kDowntown || drive_.place == Place::kIndustrial;
  float ridge = 0.012f + 0.075f * noise.smooth(azimuth * 42 + scroll_ * 3, scroll_);
  Rgb colour = lerp(behind, air_.sky_light * 0.16f, 0.42f);
  if (town) {
    const int block = static_cast<int>(floor_of(azimuth * 34 + 1000));
    ridge = std::max(ridge * 0.5f,
                     0.015f + 0.085f * cell_noise(block, 5, static_cast<uint32_t>(drive_.seed)) *
                                  (drive_.place == Place::kDowntown ? 1.0f : 0.5f));
    if (air_.lamps > 0.5f && rise < ridge && air_.fog_density < 0.004f) {
      const float lit =
          cell_noise(static_cast<int>(floor_of(azimuth * 260)), static_cast<int>(rise * 330), 4);
      if (lit > 0.86f) colour += Rgb{0.30f, 0.22f, 0.10f} * air_.lamps;
    }
  }
  const float share = clamp01((ridge - rise) / pixel + 0.5f) * clearness_[260];
  colour = lerp(behind, colour, share);
  if (town) return colour;
  const float near_ridge = 0.006f + 0.03f * noise.smooth(azimuth * 95 + scroll_, scroll_ + 31);
  const Rgb woods =
      through_air(Rgb{0.05f, 0.085f, 0.04f} * (air_.sky_light + air_.sun * 0.3f), 170);
  return lerp(colour, air_.snow > 0 ? lerp(woods, air_.fog, 0.45f) : woods,
              clamp01((near_ridge - rise) / pixel + 0.5f));
}

Rgb Shader::sky(const Row& row, float x_px) const {
  const Vec3 ray = camera_.ray(x_px, row.y_px);
  Rgb colour = row.base;
  const bool closed = air_.cloud_cover >= 1;
  if (!closed) {
    if (air_.sun_direction.z > 0) {
      const float aim = dot(normalized(ray), air_.sun_direction);
      if (aim > 0.5f) {
        const float near = (aim - 0.5f) * 2, n2 = near * near, n8 = n2 * n2 * n2 * n2;
        colour += air_.sun * (0.10f * n2 + 0.35f * n8 * n8);
        colour +=
            air_.sun * ((air_.stars > 0.5f ? 24.0f : 6.0f) * smoothstep(0.99965f, 0.99978f, aim));
      }
    }
    if (air_.stars > 0 && row.up > 0.04f) {
      const float star = cell_noise(static_cast<int>(x_px) / 2, static_cast<int>(row.y_px) / 2,
                                    static_cast<uint32_t>(drive_.seed));
      if (star > 0.9975f)
        colour += Rgb{0.8f, 0.85f, 1.0f} *
                  (air_.stars * (star - 0.9972f) * 190 * smoothstep(0.04f, 0.2f, row.up));
    }
  }
  if (air_.cloud_cover > 0 && air_.fog_density < 0.015f) {
    const float reach = row.reach, drift = scroll_ + camera_.s * 0.002f;
    const NoiseTile& noise = noise_tile();
    const float puff = 0.65f * noise.smooth(ray.x * reach * 9 + scroll_ * 7, reach * 15 + drift) +
                       0.35f * noise.smooth(ray.x * reach * 29 + scroll_, reach * 46 + drift * 3);
    if (closed) {
      colour = colour * (0.84f + 0.34f * puff);
    } else {
      const float edge = 0.74f - 0.42f * air_.cloud_cover;
      const float share = smoothstep(edge, edge + 0.17f, puff) * smoothstep(0.015f, 0.12f, row.up);
      if (share > 0) {
        const Rgb lit = lerp(air_.horizon,
                             Rgb{1, 1, 1} * (0.3f * air_.sun.x + 0.55f * air_.sky_light.z), 0.55f) +
                        air_.sun * 0.16f;
        const Rgb shadow = lerp(air_.zenith, air_.sky_light, 0.6f);
        colour =
            lerp(colour, lerp(lit, shadow, smoothstep(edge + 0.1f, edge + 0.34f, puff) * 0.75f),
                 share * 0.92f);
      }
    }
  }
  return far_land(row, x_px, lerp(colour, air_.fog, row.haze));
}

}  // namespace sightline
