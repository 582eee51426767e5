#include "datasets/streets/weather.h"

#include <cmath>

#include "datasets/streets/random.h"

namespace sightline {

void add_glows(Canvas& canvas, std::span<const Glow> glows, const VisibilityBuffer& visible,
               const Camera& camera, const Atmosphere& air, bool mirrored) {
  for (const Glow& glow : glows) {
    Vec3 p = glow.position;
    if (mirrored) p.y = -2 * camera.height - p.y;
    const float x = camera.screen_x(p) * canvas.scale, y = camera.screen_y(p) * canvas.scale;
    if (x < -60 || x > canvas.width + 60.0f || y < -60 || y > canvas.height + 60.0f) continue;
    float seen = 0;
    const float ratio = visible.scale() / canvas.scale;
    constexpr int kTaps[5][2] = {{0, 0}, {-2, 0}, {2, 0}, {0, -2}, {0, 2}};
    for (const auto& tap : kTaps) {
      const int vx = static_cast<int>(x * ratio) + tap[0],
                vy = static_cast<int>(y * ratio) + tap[1];
      if (vx < 0 || vy < 0 || vx >= visible.width() || vy >= visible.height()) continue;
      seen += visible.inverse_depth(vx, vy) < 1.05f / p.z + 0.004f ? 0.2f : 0;
    }
    if (seen <= 0) continue;
    const float core = std::max(0.9f, camera.focal_px * glow.radius_m / p.z * canvas.scale);
    const float dimmed = std::sqrt(air.clearness(p.z)) * seen;
    const float reach = std::min(core * 4.2f * air.halo + 5, 130.0f * canvas.scale),
                tall = mirrored ? 2.6f : 1.0f;
    const Rgb inner = glow.colour * (1.3f * dimmed),
              outer = glow.colour * (0.26f * dimmed * std::sqrt(air.halo) *
                                     (air.stars > 0.5f || air.halo > 1 ? 1.3f : 1.0f));
    const int x0 = std::max(0, static_cast<int>(x - reach)),
              x1 = std::min(canvas.width, static_cast<int>(x + reach) + 2);
    const int y0 = std::max(0, static_cast<int>(y - reach * tall)),
              y1 = std::min(canvas.height, static_cast<int>(y + reach * tall) + 2);
    for (int py = y0; py < y1; ++py) {
      for (int px = x0; px < x1; ++px) {
        const float dx = static_cast<float>(px) + 0.5f - x,
                    dy = (static_cast<float>(py) + 0.5f - y) / tall, squared = dx * dx + dy * dy;
        const float wide = 1 - squared / (reach * reach);
        if (wide <= 0) continue;
        const float tight = 1 / (1 + 5 * squared / (core * core));
        canvas.at(px, py) +=
            inner * (tight * tight * wide) + outer * (wide * wide * wide / (1 + 7 * (1 - wide)));
      }
    }
  }
}

void add_rain(Canvas& canvas, const Drive& drive, const FrameState& frame, const Atmosphere& air) {
  Random random(drive.seed, 7000 + static_cast<uint64_t>(frame.time_s * 10 + 0.5));
  const Rgb drop =
      air.fog * 1.15f + air.sky_light * 0.35f + Rgb{0.02f, 0.02f, 0.02f} * air.headlights;
  const float slant =
      0.10f + 0.012f * std::min(frame.ego.speed, 12.0f) * ((drive.seed & 1) ? 1.0f : -1.0f);
  for (int i = 0; i < 620; ++i) {
    const float depth = random.unit();
    const float long_px = lerp(34, 9, depth), alpha = lerp(0.30f, 0.14f, depth),
                half = lerp(0.85f, 0.5f, depth);
    const float x = random.between(-20, kWidth_px + 20.0f), y = random.between(-30, kHeight_px);
    const float lean = slant * (1 + (x - kWidth_px / 2) / kWidth_px);
    for (int step = 0; step < static_cast<int>(long_px); ++step) {
      const int py = static_cast<int>(y) + step;
      if (py < 0 || py >= canvas.height) continue;
      const float at = x - lean * static_cast<float>(step),
                  along = static_cast<float>(step) / long_px,
                  fade = alpha * 4 * along * (1 - along) + 0.02f;
      for (int px = static_cast<int>(at - 1); px <= static_cast<int>(at + 1); ++px) {
        if (px < 0 || px >= canvas.width) continue;
        const float cover = clamp01(half + 0.5f - std::fabs(static_cast<float>(px) + 0.5f - at));
        canvas.at(px, py) = lerp(canvas.at(px, py), drop, cover * fade);
      }
    }
  }
}

void add_snow(Canvas& canvas, const Drive& drive, const FrameState& frame, const Atmosphere& air) {
  Random random(drive.seed, 8000);
  const Rgb flake =
      air.sky_light * 1.25f + air.sun * 0.3f + Rgb{0.10f, 0.10f, 0.10f} * air.headlights;
  const float t = static_cast<float>(frame.time_s);
  for (int i = 0; i < 760; ++i) {
    const float depth = random.unit(), nearness = (1 - depth) * (1 - depth);
    const float radius = 0.9f + 3.4f * nearness * nearness, alpha = lerp(0.85f, 0.60f, nearness);
    const float fall = lerp(60, 420, nearness), drift = random.between(-30, 30) + 50 * nearness;
    const float wide = kWidth_px + 40.0f, tall = kHeight_px + 40.0f;
    float x = random.unit() * wide + drift * t + 6 * std::sin(t * 3 + static_cast<float>(i)),
          y = random.unit() * tall + fall * t;
    x -= std::floor(x / wide) * wide + 20;
    y -= std::floor(y / tall) * tall + 20;
    const float reach = radius + 1;
    for (int py = std::max(0, static_cast<int>(y - reach));
         py <= std::min(canvas.height - 1, static_cast<int>(y + reach)); ++py) {
      for (int px = std::max(0, static_cast<int>(x - reach));
           px <= std::min(canvas.width - 1, static_cast<int>(x + reach)); ++px) {
        const float dx = static_cast<float>(px) + 0.5f - x, dy = static_cast<float>(py) + 0.5f - y;
        const float cover =
            clamp01((radius + 0.5f - std::sqrt(dx * dx + dy * dy)) / std::max(1.0f, radius * 0.8f));
        if (cover > 0) canvas.at(px, py) = lerp(canvas.at(px, py), flake, cover * alpha);
      }
    }
  }
}

}  // namespace sightline
