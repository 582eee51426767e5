#include "datasets/streets/renderer.h"

#include <cmath>

#include "datasets/streets/noise.h"
#include "datasets/streets/shapes.h"
#include "datasets/streets/weather.h"

namespace sightline {
namespace {
constexpr int kSamples = 2;
constexpr float kMirrorScale = 0.5f;
constexpr int kMirrorWidth = kWidth_px / 2, kMirrorHeight = kHeight_px / 2;
constexpr float kScenery_m = 190;
}  // namespace

Renderer::Renderer()
    : visible_(kWidth_px * kSamples, kHeight_px * kSamples, kSamples),
      mirror_visible_(kMirrorWidth, kMirrorHeight, kMirrorScale),
      meter_(kWidth_px * kSamples, kHeight_px * kSamples, kSamples),
      canvas_{kWidth_px, kHeight_px, 1,
              std::vector<Rgb>(static_cast<size_t>(kWidth_px * kHeight_px))},
      mirror_{kMirrorWidth, kMirrorHeight, kMirrorScale,
              std::vector<Rgb>(static_cast<size_t>(kMirrorWidth * kMirrorHeight))},
      laid_(static_cast<size_t>(kWidth_px * kHeight_px)) {}

RenderedFrame Renderer::render(const Drive& drive, const FrameState& frame) {
  const Atmosphere air = make_atmosphere(drive);
  wet_ = air.wetness > 0;
  set_stage(drive, frame, air);
  const Shader shader(drive, air, stage_.camera());
  draw_surfaces();
  lay_patches();
  if (wet_) shade_mirror(shader, air);
  shade_frame(shader);
  add_glows(canvas_, stage_.glows(), visible_, stage_.camera(), air, false);
  if (air.wetness > 0) add_rain(canvas_, drive, frame, air);
  if (air.snow > 0) add_snow(canvas_, drive, frame, air);
  return {develop(canvas_, air.exposure), measure(frame)};
}

void Renderer::set_stage(const Drive& drive, const FrameState& frame, const Atmosphere& air) {
  stage_.begin(make_camera(drive, frame), wet_);
  const float s = frame.ego.s;
  if (air.lights_on && air.lamps > 0.1f) {
    for (const Prop& prop : drive.props) {
      if (prop.kind != PropKind::kLamp) continue;
      const float side = prop.x > 0 ? -1.0f : 1.0f;
      const Rgb light = (drive.seed % 3 != 0 ? Rgb{1.0f, 0.68f, 0.32f} : Rgb{0.85f, 0.92f, 1.0f}) *
                        (1.05f * air.lamps);
      const Vec3 at{prop.x + side * 1.9f, prop.height, prop.s};
      stage_.add_point_light(at, light);
      constexpr int kSides = 8;
      Vec3 pool[kSides];
      for (int i = 0; i < kSides; ++i) {
        const float a = 6.2832f * i / kSides;
        pool[i] = {at.x + std::cos(a) * 2.4f, 0, at.z + std::sin(a) * 2.4f};
      }
      stage_.add_patch(pool, kSides, 5.5f, 0, 0, light * 0.62f);
    }
  }
  stage_.begin_object(-1);
  for (const Prop& prop : drive.props) {
    if (prop.s + prop.length / 2 > s - 2 && prop.s - prop.length / 2 < s + kScenery_m)
      draw_prop(stage_, prop, drive, air);
  }
  if (drive.road.median) {
    for (float at = std::floor(s / 8) * 8; at < s + kScenery_m; at += 8)
      draw_prop(stage_, {PropKind::kRail, 0, at + 4, 0.2f, 0.75f, 8, 0}, drive, air);
  }
  std::vector<float> sun_shares;
  for (const ActorState& state : frame.actors)
    sun_shares.push_back(stage_.sun_share_at({state.x, 0, state.s}));
  for (const ActorState& state : frame.actors) {
    const Actor& actor = drive.actors[static_cast<size_t>(state.actor)];
    draw_shadow(stage_, actor, state, air);
    draw_support(stage_, actor, state);
  }
  for (size_t i = 0; i < frame.actors.size(); ++i) {
    stage_.begin_object(static_cast<int>(i));
    stage_.set_sun_share(sun_shares[i]);
    draw_actor(stage_, drive.actors[static_cast<size_t>(frame.actors[i].actor)], frame.actors[i],
               air);
  }
  stage_.begin_object(-1);
}

void Renderer::draw_surfaces() {
  visible_.clear();
  const std::vector<Surface>& surfaces = stage_.surfaces();
  // Nearest first, so that less is drawn over: the actors, then the scenery in its order along the
  // road.
  const size_t scenery = stage_.objects().front().end;
  for (size_t i = scenery; i < surfaces.size(); ++i)
    visible_.draw(surfaces[i], static_cast<uint16_t>(i + 1));
  for (size_t i = 0; i < scenery; ++i) visible_.draw(surfaces[i], static_cast<uint16_t>(i + 1));
}

void Renderer::lay_patches() {
  std::fill(laid_.begin(), laid_.end(), GroundLight{});
  const Camera& camera = stage_.camera();
  for (const GroundPatch& patch : stage_.patches()) {
    float x0 = 1e9f, x1 = -1e9f, z0 = 1e9f, z1 = -1e9f, turn = 0;
    for (int i = 0, j = patch.corners - 1; i < patch.corners; j = i++) {
      const Vec3 a = patch.outline[j], b = patch.outline[i];
      x0 = std::min(x0, b.x), x1 = std::max(x1, b.x), z0 = std::min(z0, b.z),
      z1 = std::max(z1, b.z);
      turn += a.x * b.z - b.x * a.z;
    }
    struct Edge {
      float nx, nz, offset;
    } edges[GroundPatch::kMaxCorners];
    int count = 0;
    for (int i = 0, j = patch.corners - 1; i < patch.corners; j = i++) {
      const Vec3 a = patch.outline[j], b = patch.outline[i];
      float nx = b.z - a.z, nz = a.x - b.x;
      const float size = std::sqrt(nx * nx + nz * nz) * (turn > 0 ? 1.0f : -1.0f);
      if (std::fabs(size) < 1e-5f) continue;
      nx /= size, nz /= size;
      edges[count++] = {nx, nz, nx * a.x + nz * a.z};
    }
    const float soft = patch.softness_m;
    const auto row_of = [&](float z) {
      return camera.vanish_y_px + camera.focal_px * camera.height / z;
    };
    const int y0 = std::max(static_cast<int>(camera.vanish_y_px) + 1,
                            static_cast<int>(row_of(z1 + soft))),
              y1 = std::min(kHeight_px, static_cast<int>(row_of(std::max(z0 - soft, 1.0f))) + 2);
    for (int y = y0; y < y1; ++y) {
      const float z = camera.focal_px * camera.height /
                      (static_cast<float>(y) + 0.5f - camera.vanish_y_px),
                  per_px = z / camera.focal_px;
      const int left = static_cast<int>(std::clamp(camera.vanish_x_px + (x0 - soft) / per_px, 0.0f,
                                                   static_cast<float>(kWidth_px)));
      const int right = static_cast<int>(std::clamp(camera.vanish_x_px + (x1 + soft) / per_px + 1,
                                                    0.0f, static_cast<float>(kWidth_px)));
      for (int x = left; x < right; ++x) {
        const float at = (static_cast<float>(x) + 0.5f - camera.vanish_x_px) * per_px;
        float outside = -1e9f;
        for (int e = 0; e < count; ++e)
          outside = std::max(outside, edges[e].nx * at + edges[e].nz * z - edges[e].offset);
        if (outside >= soft) continue;
        const float share = smoothstep(soft, -soft, outside);
        GroundLight& laid = laid_[static_cast<size_t>(y * kWidth_px + x)];
        laid.sky *= 1 - patch.sky_taken * share;
        laid.sun = std::min(laid.sun, 1 - patch.sun_taken * share);
        laid.light += patch.light * share;
      }
    }
  }
}

void Renderer::shade_mirror(const Shader& shader, const Atmosphere& air) {
  mirror_visible_.clear();
  const std::vector<Surface>& mirrored = stage_.mirrored();
  for (size_t i = 0; i < mirrored.size(); ++i)
    mirror_visible_.draw(mirrored[i], static_cast<uint16_t>(i + 1));
  const Camera& camera = stage_.camera();
  for (int y = static_cast<int>(camera.vanish_y_px * kMirrorScale); y < kMirrorHeight; ++y) {
    const uint16_t* ids = mirror_visible_.ids(y);
    for (int x = 0; x < kMirrorWidth; ++x) {
      const float px = (static_cast<float>(x) + 0.5f) / kMirrorScale,
                  py = (static_cast<float>(y) + 0.5f) / kMirrorScale;
      Vec3 up = normalized(camera.ray(px, py));
      up.y = std::fabs(up.y);
      mirror_.at(x, y) = ids[x] ? shader.surface(mirrored[ids[x] - 1u], px, py, true) : air.sky(up);
    }
  }
  add_glows(mirror_, stage_.glows(), mirror_visible_, camera, air, true);
}

Rgb Renderer::reflection_at(int x_px, int y_px) const {
  // Ripples smear the mirror image, mostly up and down.
  const float ripple =
      noise_tile().at(static_cast<float>(x_px) * 0.9f, static_cast<float>(y_px) * 3.1f) - 0.5f;
  Rgb sum;
  for (int tap = -2; tap <= 2; ++tap) {
    const int x = std::clamp(static_cast<int>(static_cast<float>(x_px) * kMirrorScale + ripple * 3),
                             0, kMirrorWidth - 1);
    const int y = std::clamp(static_cast<int>(static_cast<float>(y_px) * kMirrorScale +
                                              static_cast<float>(tap) * 2.6f + ripple * 5),
                             static_cast<int>(stage_.camera().vanish_y_px * kMirrorScale) + 1,
                             kMirrorHeight - 1);
    sum += mirror_.at(x, y) * 0.2f;
  }
  return sum;
}

void Renderer::shade_frame(const Shader& shader) {
  const std::vector<Surface>& surfaces = stage_.surfaces();
  for (int y = 0; y < kHeight_px; ++y) {
    const uint16_t* upper = visible_.ids(y * kSamples);
    const uint16_t* lower = visible_.ids(y * kSamples + 1);
    const Shader::Row row = shader.row(static_cast<float>(y) + 0.5f);
    const float py = row.y_px;
    for (int x = 0; x < kWidth_px; ++x) {
      const float px = static_cast<float>(x) + 0.5f;
      const uint16_t ids[4] = {upper[x * 2], upper[x * 2 + 1], lower[x * 2], lower[x * 2 + 1]};
      const auto shade = [&](uint16_t id) {
        if (id != VisibilityBuffer::kNothing)
          return shader.surface(surfaces[id - 1u], px, py, false);
        if (!row.is_ground) return shader.sky(row, px);
        return shader.ground(row, px, laid_[static_cast<size_t>(y * kWidth_px + x)],
                             wet_ ? reflection_at(x, y) : Rgb{});
      };
      if (ids[0] == ids[1] && ids[0] == ids[2] && ids[0] == ids[3]) {
        canvas_.at(x, y) = shade(ids[0]);
        continue;
      }
      Rgb sum;
      for (int i = 0; i < 4; ++i) {
        int copies = 1;
        bool seen = false;
        for (int j = 0; j < i; ++j) seen |= ids[j] == ids[i];
        if (seen) continue;
        for (int j = i + 1; j < 4; ++j) copies += ids[j] == ids[i];
        const Rgb light = shade(ids[i]);
        // A lamp brighter than white must not eat its neighbours' share of the pixel.
        sum += Rgb{std::min(light.x, 2.5f), std::min(light.y, 2.5f), std::min(light.z, 2.5f)} *
               (0.25f * static_cast<float>(copies));
      }
      canvas_.at(x, y) = sum;
    }
  }
}

std::vector<Sighting> Renderer::measure(const FrameState& frame) {
  const std::vector<Surface>& surfaces = stage_.surfaces();
  std::vector<Sighting> sightings;
  for (const Stage::Range& range : stage_.objects()) {
    if (range.object < 0 || range.begin == range.end) continue;
    meter_.begin();
    bool truncated = false;
    for (size_t i = range.begin; i < range.end; ++i) {
      const Surface& surface = surfaces[i];
      meter_.add(surface);
      for (int c = 0; c < surface.corners; ++c)
        truncated |= surface.x_px[c] < 0 || surface.x_px[c] > kWidth_px || surface.y_px[c] < 0 ||
                     surface.y_px[c] > kHeight_px;
    }
    const Silhouette shape = meter_.result();
    if (shape.samples == 0) continue;
    // An object's surfaces are numbered in one run.
    int seen = 0;
    for (int y = static_cast<int>(shape.y0 * kSamples); y < static_cast<int>(shape.y1 * kSamples);
         ++y) {
      const uint16_t* ids = visible_.ids(y);
      for (int x = static_cast<int>(shape.x0 * kSamples); x < static_cast<int>(shape.x1 * kSamples);
           ++x)
        seen += ids[x] > range.begin && ids[x] <= range.end;
    }
    const ActorState& state = frame.actors[static_cast<size_t>(range.object)];
    sightings.push_back({range.object,
                         {shape.x0, shape.y0, shape.x1, shape.y1},
                         static_cast<float>(seen) / static_cast<float>(shape.samples),
                         truncated,
                         state.s - stage_.camera().s});
  }
  return sightings;
}

}  // namespace sightline
