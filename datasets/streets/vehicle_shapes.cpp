#include <cmath>

#include "datasets/streets/palette.h"
#include "datasets/streets/shapes.h"

namespace sightline {
namespace {

using Outline = Brush::Outline;

/// The materials and lamps every vehicle has.
class VehiclePainter {
 public:
  VehiclePainter(Stage& stage, const Actor& actor, const ActorState& state, const Atmosphere& air)
      : brush(stage, state.x, state.s, state.heading), actor_(actor), state_(state), air_(air) {
    paint = stage.keep({.albedo = paint_of(actor.colour), .emissive = {}, .gloss = actor.colour == Colour::kSilver ? 0.75f : 0.5f, .snowy = true});
    glass = stage.keep({.albedo = {0.012f, 0.016f, 0.02f}, .emissive = air.lights_on ? Rgb{0.004f, 0.004f, 0.005f} : Rgb{}, .gloss = 1.0f});
    dark = stage.keep(matt({0.016f, 0.016f, 0.018f}));
    trim = stage.keep(matt({0.035f, 0.036f, 0.04f}, 0.2f));
    chrome = stage.keep(matt({0.5f, 0.5f, 0.52f}, 0.7f));
    tyre = stage.keep(matt({0.018f, 0.018f, 0.02f}));
    rim = stage.keep(matt({0.34f, 0.35f, 0.37f}, 0.35f));
    plate = stage.keep({.albedo = {0.75f, 0.75f, 0.7f}, .emissive = air.lights_on ? Rgb{0.05f, 0.05f, 0.045f} : Rgb{}});
    const bool lit = air.lights_on && (state.speed > 0.05f || actor.look % 4 == 0);
    running_ = lit;
    head = stage.keep(lit ? glowing({5, 4.8f, 4.2f}) : matt({0.72f, 0.74f, 0.76f}, 0.9f));
    const bool tail_lit = lit || state.braking;
    tail = stage.keep(tail_lit ? glowing(state.braking ? Rgb{4.2f, 0.12f, 0.06f} : Rgb{1.5f, 0.03f, 0.02f}) : matt({0.38f, 0.01f, 0.01f}, 0.6f));
    amber = stage.keep(matt({0.85f, 0.3f, 0.02f}, 0.4f));
  }

  void wheels(float front_z, float rear_z, float half_track, float radius, float width, const Material* arch) {
    for (float side : {-1.0f, 1.0f}) {
      for (float z : {front_z, rear_z}) {
        if (arch) brush.disc({side * (half_track + 0.012f), radius * 1.04f, z}, {side, 0, 0}, radius * 1.17f, 16, arch, 0.0008f);
        brush.wheel({side * (half_track - width / 2 + 0.03f), radius, z}, radius, width, side, state_.stride, tyre, rim);
      }
    }
  }
  void headlights(float x, float y, float z, float half_x, float half_y) {
    for (float side : {-1.0f, 1.0f}) {
      brush.box({side * x, y, z}, {half_x, half_y, 0.03f}, head);
      if (running_ && facing(1)) brush.stage().add_glow(brush.to_road({side * x, y, z + 0.1f}), Rgb{1.0f, 0.93f, 0.78f} * 1.1f, 0.19f);
    }
    if (!running_ || air_.headlights < 0.2f) return;
    const Vec3 pool[4] = {brush.to_road({-0.9f, 0, z + 1.2f}), brush.to_road({0.9f, 0, z + 1.2f}), brush.to_road({2.6f, 0, z + 11}), brush.to_road({-2.6f, 0, z + 11})};
    brush.stage().add_patch(pool, 4, 2.2f, 0, 0, Rgb{1.0f, 0.9f, 0.7f} * (0.42f * air_.headlights));
  }
  void taillights(float x, float y, float z, float half_x, float half_y) {
    for (float side : {-1.0f, 1.0f}) {
      brush.box({side * x, y, z}, {half_x, half_y, 0.025f}, tail);
      if ((running_ || state_.braking) && facing(-1)) {
        brush.stage().add_glow(brush.to_road({side * x, y, z - 0.1f}), Rgb{1.0f, 0.06f, 0.03f} * (state_.braking ? 0.75f : 0.34f), state_.braking ? 0.17f : 0.12f);
      }
    }
    if (!running_ || air_.headlights < 0.2f) return;
    const Vec3 pool[4] = {brush.to_road({-0.9f, 0, z - 0.4f}), brush.to_road({0.9f, 0, z - 0.4f}), brush.to_road({0.9f, 0, z - 2}), brush.to_road({-0.9f, 0, z - 2})};
    brush.stage().add_patch(pool, 4, 1.0f, 0, 0, Rgb{0.30f, 0.015f, 0.01f} * air_.headlights);
  }
  /// A pane inset in the quad `corner` (u along 0->1, v along 0->3), lifted off it.
  void pane(const Vec3 (&corner)[4], Vec3 outward, float u0, float u1, float v0, float v1, const Material* material, float bias = 0.002f) {
    const auto at = [&](float u, float v) { return lerp(lerp(corner[0], corner[1], u), lerp(corner[3], corner[2], u), v); };
    const Vec3 inset[4] = {at(u0, v0), at(u1, v0), at(u1, v1), at(u0, v1)};
    brush.face(inset, 4, outward, material, bias);
  }
  /// A row of upright panes on a vertical side wall at x, between z0 and z1.
  void side_panes(float x, float y0, float y1, float z0, float z1, int count, const Material* material, float gap = 0.06f) {
    for (float side : {-1.0f, 1.0f}) {
      const Vec3 wall[4] = {{side * x, y0, z0}, {side * x, y0, z1}, {side * x, y1, z1}, {side * x, y1, z0}};
      for (int i = 0; i < count; ++i) {
        const float step = 1.0f / static_cast<float>(count);
        pane(wall, {side, 0, 0}, step * static_cast<float>(i) + step * gap, step * static_cast<float>(i + 1) - step * gap, 0, 1, material);
      }
    }
  }
  void number_plates(float y, float front_z, float rear_z) {
    brush.box({0, y, front_z}, {0.26f, 0.06f, 0.015f}, plate);
    brush.box({0, y + 0.12f, rear_z}, {0.26f, 0.06f, 0.015f}, plate);
  }
  /// Whether the lamp pointing forward (+1) or backward (-1) shines towards the camera.
  bool facing(float direction) const {
    const Vec3 shine = brush.direction_to_road({0, 0, direction});
    const Camera& camera = brush_stage().camera();
    const Vec3 to{camera.x - state_.x, 0, camera.s - state_.s};
    return dot(shine, normalized(to)) > 0.25f;
  }
  const Stage& brush_stage() const { return const_cast<Brush&>(brush).stage(); }

  Brush brush;
  const Material *paint, *glass, *dark, *trim, *chrome, *tyre, *rim, *plate, *head, *tail, *amber;

 private:
  const Actor& actor_;
  const ActorState& state_;
  const Atmosphere& air_;
  bool running_ = false;
};

void draw_car(VehiclePainter& p, const Actor& actor) {
  const float k = actor.length / 4.3f, h = actor.height / 1.46f, w = actor.width / 2;
  const int body = static_cast<int>(actor.look % 3);  // saloon, hatchback, estate
  Outline lower[] = {{-2.02f, 0.24f}, {-2.14f, 0.46f}, {-2.12f, 0.78f}, {-2.02f, 0.93f}, {0.78f, 0.95f}, {1.72f, 0.80f}, {2.06f, 0.66f}, {2.14f, 0.45f}, {2.04f, 0.22f}};
  for (Outline& o : lower) o.z *= k, o.y *= h;
  p.brush.extrude(lower, 9, w, w * 0.97f, 0.10f, p.paint);

  const float rear_foot[] = {-1.78f, -2.04f, -2.06f}, rear_roof[] = {-1.02f, -1.62f, -1.86f};
  const float belt = 0.91f * h, roof = 1.46f * h, zr0 = rear_foot[body] * k, zr1 = rear_roof[body] * k, zf0 = 0.98f * k, zf1 = 0.18f * k;
  const float wb = w * 0.93f, wt = w * 0.72f;
  const Outline cabin[] = {{zr0, belt}, {zr1 - 0.04f, roof - 0.07f}, {zr1 + 0.14f, roof}, {zf1 - 0.2f, roof}, {zf1, roof - 0.06f}, {zf0, belt}};
  p.brush.extrude(cabin, 6, wb, wt, 0.07f, p.paint);

  const float top = roof - 0.10f, wtop = lerp(wb, wt, (top - belt) / (roof - belt));
  for (float side : {-1.0f, 1.0f}) {
    const auto z_at = [&](float z0, float z1, float y) { return lerp(z0, z1, (y - belt) / (roof - 0.06f - belt)); };
    const float y0 = belt + 0.04f, x0 = lerp(wb, wt, (y0 - belt) / (roof - belt));
    const float front0 = z_at(zf0, zf1, y0) - 0.16f, front1 = z_at(zf0, zf1, top) - 0.10f, rear0 = z_at(zr0, zr1, y0) + 0.17f, rear1 = z_at(zr0, zr1, top) + 0.15f;
    const float pillar = -0.42f * k;
    const Vec3 front[4] = {{side * x0, y0, pillar + 0.05f}, {side * x0, y0, front0}, {side * wtop, top, front1}, {side * wtop, top, pillar + 0.05f}};
    const Vec3 rear[4] = {{side * x0, y0, rear0}, {side * x0, y0, pillar - 0.05f}, {side * wtop, top, pillar - 0.05f}, {side * wtop, top, std::min(rear1, pillar - 0.1f)}};
    p.brush.face(front, 4, {side, 0.3f, 0}, p.glass, 0.003f);
    p.brush.face(rear, 4, {side, 0.3f, 0}, p.glass, 0.003f);
    const Vec3 seam[4] = {{side * (w + 0.004f), 0.34f * h, pillar - 0.012f}, {side * (w + 0.004f), 0.34f * h, pillar + 0.012f}, {side * (w - 0.01f), 0.86f * h, pillar + 0.012f}, {side * (w - 0.01f), 0.86f * h, pillar - 0.012f}};
    p.brush.face(seam, 4, {side, 0, 0}, p.dark, 0.002f);
    p.brush.box({side * (w - 0.005f), 0.72f * h, pillar - 0.26f}, {0.015f, 0.02f, 0.09f}, p.trim);
    p.brush.box({side * (w + 0.09f), belt + 0.07f, 0.62f * k}, {0.09f, 0.065f, 0.06f}, p.paint);
    p.brush.box({side * (w - 0.04f), 0.26f * h, 0}, {0.045f, 0.05f, 1.9f * k}, p.trim);
  }
  const Vec3 windscreen[4] = {{-wb + 0.06f, belt, zf0}, {wb - 0.06f, belt, zf0}, {wt - 0.06f, roof - 0.06f, zf1}, {-wt + 0.06f, roof - 0.06f, zf1}};
  p.pane(windscreen, {0, 0.5f, 1}, 0.05f, 0.95f, 0.06f, 0.93f, p.glass, 0.004f);
  const Vec3 back[4] = {{-wb + 0.06f, belt, zr0}, {wb - 0.06f, belt, zr0}, {wt - 0.06f, roof - 0.07f, zr1 - 0.04f}, {-wt + 0.06f, roof - 0.07f, zr1 - 0.04f}};
  p.pane(back, {0, 0.5f, -1}, 0.08f, 0.92f, 0.12f, 0.9f, p.glass, 0.004f);

  p.brush.box({0, 0.34f * h, 2.08f * k}, {w * 0.92f, 0.10f, 0.06f}, p.trim);
  p.brush.box({0, 0.34f * h, -2.08f * k}, {w * 0.92f, 0.10f, 0.06f}, p.trim);
  p.brush.box({0, 0.55f * h, 2.10f * k}, {w * 0.45f, 0.06f, 0.03f}, p.dark);
  p.brush.box({0, 0.615f * h, 2.09f * k}, {w * 0.45f, 0.012f, 0.03f}, p.chrome);
  p.headlights(w * 0.72f, 0.60f * h, 2.08f * k, w * 0.22f, 0.075f);
  p.taillights(w * 0.78f, 0.72f * h, -2.125f * k, w * 0.17f, 0.09f);
  p.number_plates(0.42f * h, 2.15f * k, -2.15f * k);
  p.wheels(1.32f * k, -1.30f * k, w, 0.325f, 0.22f, p.dark);
}

void draw_van(VehiclePainter& p, const Actor& actor) {
  const float w = actor.width / 2, h = actor.height, l = actor.length / 2;
  const bool glazed = actor.look % 3 == 0;
  const Outline lower[] = {{-l + 0.04f, 0.28f}, {-l, 0.5f}, {-l, 1.18f}, {l - 0.75f, 1.18f}, {l - 0.28f, 0.98f}, {l - 0.03f, 0.72f}, {l, 0.48f}, {l - 0.08f, 0.26f}};
  p.brush.extrude(lower, 8, w, w * 0.985f, 0.09f, p.paint);
  const Outline upper[] = {{-l, 1.10f}, {-l + 0.06f, h - 0.10f}, {-l + 0.2f, h}, {l - 1.75f, h}, {l - 1.5f, h - 0.08f}, {l - 0.66f, 1.16f}};
  p.brush.extrude(upper, 6, w * 0.985f, w * 0.86f, 0.10f, p.paint);
  const float y0 = 1.22f, y1 = h - 0.34f;
  const auto x_at = [&](float y) { return lerp(w * 0.985f, w * 0.86f, (y - 1.1f) / (h - 1.1f)) + 0.003f; };
  const auto slope = [&](float y) { return lerp(l - 0.66f, l - 1.5f, (y - 1.16f) / (h - 0.08f - 1.16f)); };
  for (float side : {-1.0f, 1.0f}) {
    const Vec3 door[4] = {{side * x_at(y0), y0, slope(y0) - 1.1f}, {side * x_at(y0), y0, slope(y0) - 0.16f}, {side * x_at(y1), y1, slope(y1) - 0.14f}, {side * x_at(y1), y1, slope(y0) - 1.1f}};
    p.brush.face(door, 4, {side, 0.2f, 0}, p.glass, 0.003f);
    if (glazed) {
      for (float z : {-l + 0.25f, -l + 1.65f}) {
        const Vec3 pane[4] = {{side * x_at(y0), y0, z}, {side * x_at(y0), y0, z + 1.25f}, {side * x_at(y1), y1, z + 1.25f}, {side * x_at(y1), y1, z}};
        p.brush.face(pane, 4, {side, 0.2f, 0}, p.glass, 0.003f);
      }
    }
    for (float z : {slope(y0) - 1.2f, -0.6f}) {
      const Vec3 seam[4] = {{side * (w + 0.004f), 0.4f, z}, {side * (w + 0.004f), 0.4f, z + 0.025f}, {side * (w + 0.002f), 1.12f, z + 0.025f}, {side * (w + 0.002f), 1.12f, z}};
      p.brush.face(seam, 4, {side, 0, 0}, p.dark, 0.002f);
    }
    p.brush.box({side * (w + 0.12f), 1.36f, slope(1.3f) - 0.3f}, {0.10f, 0.14f, 0.06f}, p.trim);
    p.brush.box({side * (w - 0.02f), 0.52f, 0}, {0.03f, 0.05f, l * 0.9f}, p.trim);
  }
  const Vec3 windscreen[4] = {{-w * 0.9f, 1.18f, l - 0.66f}, {w * 0.9f, 1.18f, l - 0.66f}, {w * 0.78f, h - 0.1f, l - 1.5f}, {-w * 0.78f, h - 0.1f, l - 1.5f}};
  p.pane(windscreen, {0, 0.5f, 1}, 0.03f, 0.97f, 0.04f, 0.86f, p.glass, 0.004f);
  const Vec3 back[4] = {{-w * 0.9f, 1.2f, -l}, {w * 0.9f, 1.2f, -l}, {w * 0.82f, h - 0.2f, -l + 0.05f}, {-w * 0.82f, h - 0.2f, -l + 0.05f}};
  p.pane(back, {0, 0, -1}, 0.05f, 0.48f, 0.05f, 0.8f, p.glass, 0.004f);
  p.pane(back, {0, 0, -1}, 0.52f, 0.95f, 0.05f, 0.8f, p.glass, 0.004f);
  p.brush.box({0, 0.95f, -l}, {0.012f, 0.6f, 0.012f}, p.dark);
  p.brush.box({0, 0.40f, l - 0.03f}, {w * 0.95f, 0.12f, 0.06f}, p.trim);
  p.brush.box({0, 0.38f, -l + 0.02f}, {w * 0.95f, 0.10f, 0.07f}, p.trim);
  p.brush.box({0, 0.66f, l - 0.02f}, {w * 0.45f, 0.07f, 0.03f}, p.dark);
  p.headlights(w * 0.76f, 0.74f, l - 0.05f, w * 0.18f, 0.12f);
  p.taillights(w * 0.90f, 0.98f, -l - 0.01f, w * 0.08f, 0.24f);
  p.number_plates(0.46f, l + 0.035f, -l - 0.02f);
  p.wheels(l - 0.95f, -l + 1.0f, w, 0.36f, 0.24f, p.dark);
}

void draw_truck(VehiclePainter& p, const Actor& actor, const Atmosphere& air) {
  const float w = actor.width / 2, h = actor.height, l = actor.length / 2;
  Stage& stage = p.brush.stage();
  const bool tipper = actor.look % 4 == 1;
  const float cab_back = l - 1.95f;
  const Outline cab[] = {{cab_back, 0.55f}, {cab_back, 2.55f}, {cab_back + 0.3f, 2.75f}, {l - 0.42f, 2.72f}, {l - 0.22f, 2.45f}, {l - 0.02f, 1.55f}, {l, 0.9f}, {l - 0.04f, 0.5f}};
  p.brush.extrude(cab, 8, w * 0.96f, w * 0.93f, 0.09f, p.paint);
  const Vec3 windscreen[4] = {{-w * 0.9f, 1.55f, l - 0.02f}, {w * 0.9f, 1.55f, l - 0.02f}, {w * 0.88f, 2.45f, l - 0.22f}, {-w * 0.88f, 2.45f, l - 0.22f}};
  p.pane(windscreen, {0, 0.2f, 1}, 0.03f, 0.97f, 0.08f, 0.95f, p.glass, 0.003f);
  p.side_panes(w * 0.955f, 1.6f, 2.3f, l - 1.3f, l - 0.35f, 1, p.glass);
  p.brush.box({0, 1.05f, l}, {w * 0.6f, 0.22f, 0.02f}, p.dark);
  p.brush.box({0, 0.55f, l - 0.02f}, {w * 0.95f, 0.17f, 0.07f}, p.trim);
  for (float side : {-1.0f, 1.0f}) p.brush.box({side * (w + 0.14f), 2.0f, l - 0.12f}, {0.09f, 0.28f, 0.07f}, p.trim);
  p.brush.box({0, 0.72f, -0.2f}, {w * 0.35f, 0.14f, l - 0.3f}, p.dark);
  const float bed_front = cab_back - 0.18f, bed_middle = (bed_front - l) / 2, bed_half = (bed_front + l) / 2;
  if (tipper) {
    p.brush.tapered_box({0, 1.55f, bed_middle}, {w * 0.9f, 0.65f, bed_half * 0.96f}, w * 0.08f, 0.08f, p.paint);
    const Material* load = stage.keep({.albedo = {0.20f, 0.15f, 0.09f}, .emissive = {}, .snowy = true});
    p.brush.tapered_box({0, 2.32f, bed_middle}, {w * 0.86f, 0.22f, bed_half * 0.85f}, -0.6f, -0.9f, load);
    p.side_panes(w * 0.955f, 1.0f, 2.1f, bed_front - bed_half * 2 + 0.3f, bed_front - 0.3f, 5, p.trim, 0.46f);
  } else {
    p.brush.tapered_box({0, (h + 0.95f) / 2, bed_middle}, {w * 0.99f, (h - 0.95f) / 2, bed_half}, 0, 0, p.paint);
    const Rgb base = paint_of(actor.colour);
    const Material* panel = stage.keep({.albedo = lerp(base, Rgb{0.9f, 0.9f, 0.9f}, actor.colour == Colour::kWhite ? 0 : 0.12f), .emissive = {}, .gloss = 0.15f});
    p.side_panes(w, 1.15f, h - 0.2f, bed_front - bed_half * 2 + 0.1f, bed_front - 0.1f, 6, panel, 0.03f);
    const Material* edge = stage.keep(matt(base * 0.55f, 0.2f));
    for (float y : {1.0f, h - 0.06f}) {
      p.brush.box({0, y, bed_middle}, {w + 0.012f, 0.05f, bed_half + 0.012f}, edge);
    }
    const Vec3 doors[4] = {{-w, 1.05f, -l}, {w, 1.05f, -l}, {w, h - 0.1f, -l}, {-w, h - 0.1f, -l}};
    p.pane(doors, {0, 0, -1}, 0.04f, 0.49f, 0.02f, 0.98f, panel, 0.002f);
    p.pane(doors, {0, 0, -1}, 0.51f, 0.96f, 0.02f, 0.98f, panel, 0.002f);
    for (float x : {-0.32f, 0.32f}) p.brush.box({x, (h + 1) / 2, -l - 0.02f}, {0.02f, (h - 1.2f) / 2, 0.02f}, p.chrome);
  }
  p.brush.box({0, 0.62f, -l + 0.05f}, {w * 0.95f, 0.09f, 0.06f}, p.trim);
  p.headlights(w * 0.74f, 0.72f, l + 0.01f, w * 0.18f, 0.11f);
  p.taillights(w * 0.8f, 0.74f, -l - 0.02f, w * 0.15f, 0.08f);
  p.number_plates(0.5f, l + 0.06f, -l - 0.02f);
  p.wheels(l - 1.05f, -l + 1.35f, w * 0.97f, 0.5f, 0.32f, nullptr);
  for (float side : {-1.0f, 1.0f}) p.brush.wheel({side * (w * 0.97f - 0.13f), 0.5f, -l + 2.45f}, 0.5f, 0.32f, side, 0, p.tyre, p.rim);
  (void)air;
}

void draw_bus(VehiclePainter& p, const Actor& actor, const Atmosphere& air) {
  const float w = actor.width / 2, h = actor.height, l = actor.length / 2;
  Stage& stage = p.brush.stage();
  const Outline body[] = {{-l + 0.02f, 0.34f}, {-l, 0.7f}, {-l + 0.02f, h - 0.22f}, {-l + 0.22f, h}, {l - 0.3f, h}, {l - 0.10f, h - 0.2f}, {l, 1.0f}, {l - 0.03f, 0.34f}};
  p.brush.extrude(body, 8, w, w * 0.97f, 0.12f, p.paint);
  const Rgb inside = air.lights_on ? Rgb{0.50f, 0.44f, 0.30f} * (air.lamps > 0.1f ? 1.0f : 0.25f) : Rgb{};
  const Material* saloon = stage.keep({.albedo = {0.02f, 0.024f, 0.03f}, .emissive = inside, .gloss = 0.8f});
  const float x = w * 0.983f + 0.004f;
  p.side_panes(x, 1.28f, h - 0.62f, -l + 0.35f, l - 1.5f, 7, saloon, 0.03f);
  for (float side : {-1.0f, 1.0f}) {
    const Vec3 front[4] = {{side * x, 1.1f, l - 1.35f}, {side * x, 1.1f, l - 0.22f}, {side * x, h - 0.5f, l - 0.24f}, {side * x, h - 0.5f, l - 1.35f}};
    p.brush.face(front, 4, {side, 0, 0}, p.glass, 0.003f);
    const Vec3 stripe[4] = {{side * (w + 0.002f), 0.86f, -l + 0.15f}, {side * (w + 0.002f), 0.86f, l - 0.3f}, {side * (w + 0.002f), 1.0f, l - 0.3f}, {side * (w + 0.002f), 1.0f, -l + 0.15f}};
    p.brush.face(stripe, 4, {side, 0, 0}, actor.colour == Colour::kWhite || actor.colour == Colour::kSilver ? p.trim : stage.keep(matt({0.8f, 0.8f, 0.8f}, 0.3f)), 0.002f);
    p.brush.box({side * (w + 0.16f), h - 0.55f, l - 0.05f}, {0.08f, 0.22f, 0.08f}, p.trim);
  }
  for (float z : {0.4f, l - 0.85f}) {
    const Vec3 door[4] = {{x + 0.004f, 0.42f, z - 0.6f}, {x + 0.004f, 0.42f, z + 0.6f}, {x + 0.002f, h - 0.6f, z + 0.6f}, {x + 0.002f, h - 0.6f, z - 0.6f}};
    p.pane(door, {1, 0, 0}, 0.02f, 0.49f, 0, 1, saloon, 0.005f);
    p.pane(door, {1, 0, 0}, 0.51f, 0.98f, 0, 1, saloon, 0.005f);
  }
  const Vec3 front[4] = {{-w * 0.95f, 1.0f, l}, {w * 0.95f, 1.0f, l}, {w * 0.93f, h - 0.2f, l - 0.10f}, {-w * 0.93f, h - 0.2f, l - 0.10f}};
  p.pane(front, {0, 0, 1}, 0.03f, 0.97f, 0.10f, 0.80f, p.glass, 0.003f);
  p.pane(front, {0, 0, 1}, 0.14f, 0.86f, 0.84f, 0.97f, p.dark, 0.003f);
  p.pane(front, {0, 0, 1}, 0.24f, 0.76f, 0.87f, 0.94f, stage.keep(glowing({1.0f, 0.42f, 0.04f})), 0.006f);
  const Vec3 back[4] = {{-w * 0.95f, 1.0f, -l}, {w * 0.95f, 1.0f, -l}, {w * 0.93f, h - 0.2f, -l + 0.02f}, {-w * 0.93f, h - 0.2f, -l + 0.02f}};
  p.pane(back, {0, 0, -1}, 0.08f, 0.92f, 0.30f, 0.80f, saloon, 0.003f);
  p.pane(back, {0, 0, -1}, 0.30f, 0.70f, 0.85f, 0.96f, p.dark, 0.003f);
  p.brush.box({0, 0.75f, -l}, {w * 0.7f, 0.2f, 0.015f}, p.trim);
  p.brush.box({0, 0.42f, l - 0.01f}, {w * 0.97f, 0.10f, 0.05f}, p.trim);
  p.brush.box({0, 0.42f, -l + 0.01f}, {w * 0.97f, 0.10f, 0.05f}, p.trim);
  p.headlights(w * 0.76f, 0.72f, l - 0.005f, w * 0.18f, 0.11f);
  p.taillights(w * 0.86f, 0.98f, -l - 0.005f, w * 0.08f, 0.26f);
  p.number_plates(0.46f, l + 0.045f, -l - 0.05f);
  p.wheels(l - 2.4f, -l + 2.9f, w, 0.48f, 0.3f, p.dark);
}

}  // namespace

void draw_vehicle(Stage& stage, const Actor& actor, const ActorState& state, const Atmosphere& air) {
  VehiclePainter painter(stage, actor, state, air);
  switch (actor.kind) {
    case ObjectClass::kVan: draw_van(painter, actor); break;
    case ObjectClass::kTruck: draw_truck(painter, actor, air); break;
    case ObjectClass::kBus: draw_bus(painter, actor, air); break;
    default: draw_car(painter, actor); break;
  }
}

}  // namespace sightline
