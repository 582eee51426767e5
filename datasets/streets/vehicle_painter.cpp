#include "datasets/streets/vehicle_painter.h"

#include <cmath>

namespace sightline {

VehiclePainter::VehiclePainter(Stage& stage, const Actor& actor, const ActorState& state,
                               const Atmosphere& air)
    : brush(stage, state.x, state.s, state.heading), state_(state), air_(air) {
  paint = stage.keep({.albedo = paint_of(actor.colour),
                      .emissive = {},
                      .gloss = actor.colour == Colour::kSilver ? 0.75f : 0.5f});
  glass = stage.keep({.albedo = {0.012f, 0.016f, 0.02f},
                      .emissive = air.lights_on ? Rgb{0.004f, 0.004f, 0.005f} : Rgb{},
                      .gloss = 1.0f});
  dark = stage.keep(matt({0.016f, 0.016f, 0.018f}));
  trim = stage.keep(matt({0.035f, 0.036f, 0.04f}, 0.2f));
  chrome = stage.keep(matt({0.5f, 0.5f, 0.52f}, 0.7f));
  tyre = stage.keep(matt({0.018f, 0.018f, 0.02f}));
  rim = stage.keep(matt({0.34f, 0.35f, 0.37f}, 0.35f));
  plate = stage.keep({.albedo = {0.75f, 0.75f, 0.7f},
                      .emissive = air.lights_on ? Rgb{0.05f, 0.05f, 0.045f} : Rgb{}});
  const bool lit = air.lights_on && (state.speed > 0.05f || actor.look % 4 == 0);
  running_ = lit;
  head = stage.keep(lit ? glowing({5, 4.8f, 4.2f}) : matt({0.72f, 0.74f, 0.76f}, 0.9f));
  const bool tail_lit = lit || state.braking;
  tail = stage.keep(tail_lit
                        ? glowing(state.braking ? Rgb{4.2f, 0.12f, 0.06f} : Rgb{1.5f, 0.03f, 0.02f})
                        : matt({0.38f, 0.01f, 0.01f}, 0.6f));
}

void VehiclePainter::wheels(float front_z, float rear_z, float half_track, float radius,
                            float width, const Material* arch) {
  for (float side : {-1.0f, 1.0f}) {
    for (float z : {front_z, rear_z}) {
      if (arch)
        brush.disc({side * (half_track + 0.012f), radius * 1.04f, z}, {side, 0, 0}, radius * 1.17f,
                   16, arch, 0.0008f);
      brush.wheel({side * (half_track - width / 2 + 0.03f), radius, z}, radius, width, side,
                  state_.stride, tyre, rim);
    }
  }
}

void VehiclePainter::headlights(float x, float y, float z, float half_x, float half_y) {
  for (float side : {-1.0f, 1.0f}) {
    brush.box({side * x, y, z}, {half_x, half_y, 0.03f}, head);
    if (running_ && shines_at_camera(1))
      brush.stage().add_glow(brush.to_road({side * x, y, z + 0.1f}), Rgb{1.0f, 0.93f, 0.78f} * 1.1f,
                             0.19f);
  }
  if (!running_ || air_.headlights < 0.2f) return;
  const Vec3 pool[4] = {brush.to_road({-0.9f, 0, z + 1.2f}), brush.to_road({0.9f, 0, z + 1.2f}),
                        brush.to_road({2.6f, 0, z + 11}), brush.to_road({-2.6f, 0, z + 11})};
  brush.stage().add_patch(pool, 4, 2.2f, 0, 0, Rgb{1.0f, 0.9f, 0.7f} * (0.42f * air_.headlights));
}

void VehiclePainter::taillights(float x, float y, float z, float half_x, float half_y) {
  for (float side : {-1.0f, 1.0f}) {
    brush.box({side * x, y, z}, {half_x, half_y, 0.025f}, tail);
    if ((running_ || state_.braking) && shines_at_camera(-1)) {
      brush.stage().add_glow(brush.to_road({side * x, y, z - 0.1f}),
                             Rgb{1.0f, 0.06f, 0.03f} * (state_.braking ? 0.75f : 0.34f),
                             state_.braking ? 0.17f : 0.12f);
    }
  }
  if (!running_ || air_.headlights < 0.2f) return;
  const Vec3 pool[4] = {brush.to_road({-0.9f, 0, z - 0.4f}), brush.to_road({0.9f, 0, z - 0.4f}),
                        brush.to_road({0.9f, 0, z - 2}), brush.to_road({-0.9f, 0, z - 2})};
  brush.stage().add_patch(pool, 4, 1.0f, 0, 0, Rgb{0.30f, 0.015f, 0.01f} * air_.headlights);
}

void VehiclePainter::pane(const Vec3 (&corner)[4], Vec3 outward, float u0, float u1, float v0,
                          float v1, const Material* material, float bias) {
  const auto at = [&](float u, float v) {
    return lerp(lerp(corner[0], corner[1], u), lerp(corner[3], corner[2], u), v);
  };
  const Vec3 inset[4] = {at(u0, v0), at(u1, v0), at(u1, v1), at(u0, v1)};
  brush.face(inset, 4, outward, material, bias);
}

void VehiclePainter::side_panes(float x, float y0, float y1, float z0, float z1, int count,
                                const Material* material, float gap) {
  for (float side : {-1.0f, 1.0f}) {
    const Vec3 wall[4] = {
        {side * x, y0, z0}, {side * x, y0, z1}, {side * x, y1, z1}, {side * x, y1, z0}};
    for (int i = 0; i < count; ++i) {
      const float step = 1.0f / static_cast<float>(count);
      pane(wall, {side, 0, 0}, step * static_cast<float>(i) + step * gap,
           step * static_cast<float>(i + 1) - step * gap, 0, 1, material);
    }
  }
}

void VehiclePainter::number_plates(float y, float front_z, float rear_z) {
  brush.box({0, y, front_z}, {0.26f, 0.06f, 0.015f}, plate);
  brush.box({0, y + 0.12f, rear_z}, {0.26f, 0.06f, 0.015f}, plate);
}

bool VehiclePainter::shines_at_camera(float direction) const {
  const Vec3 shine = brush.direction_to_road({0, 0, direction});
  const Camera& camera = brush.stage().camera();
  const Vec3 to{camera.x - state_.x, 0, camera.s - state_.s};
  return dot(shine, normalized(to)) > 0.25f;
}

void draw_vehicle(Stage& stage, const Actor& actor, const ActorState& state,
                  const Atmosphere& air) {
  VehiclePainter painter(stage, actor, state, air);
  switch (actor.kind) {
    case ObjectClass::kVan:
      draw_van(painter, actor);
      break;
    case ObjectClass::kTruck:
      draw_truck(painter, actor);
      break;
    case ObjectClass::kBus:
      draw_bus(painter, actor, air);
      break;
    default:
      draw_car(painter, actor);
      break;
  }
}

}  // namespace sightline
