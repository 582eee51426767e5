#include <cmath>

#include "datasets/streets/palette.h"
#include "datasets/streets/shapes.h"

namespace sightline {
namespace {

constexpr float kLightBase_m = 2.55f;
constexpr float kSignMiddle_m = 2.35f;

}  // namespace

void draw_traffic_light(Stage& stage, const Actor& actor, const ActorState& state,
                        const Atmosphere& air) {
  Brush brush(stage, state.x, state.s, state.heading);
  const float h = actor.height / 2, w = actor.width / 2, middle = kLightBase_m + h;
  const Material* housing = stage.keep(matt({0.022f, 0.024f, 0.024f}, 0.15f));
  const Material* border = stage.keep(matt({0.5f, 0.5f, 0.48f}));
  brush.box({0, middle, 0.02f}, {w + 0.035f, h, 0.02f}, border);
  brush.box({0, middle, 0}, {w, h - 0.03f, 0.16f}, housing);
  const struct {
    Colour colour;
    Rgb light;
    float y;
  } lamps[] = {{Colour::kRed, {1.0f, 0.035f, 0.02f}, 0.62f},
               {Colour::kYellow, {1.0f, 0.55f, 0.02f}, 0},
               {Colour::kGreen, {0.03f, 1.0f, 0.28f}, -0.62f}};
  for (const auto& lamp : lamps) {
    const bool lit = lamp.colour == state.colour;
    const float y = middle + lamp.y * h, r = w * 0.78f;
    const Vec3 at{0, y, -0.165f};
    brush.disc(at, {0, 0, -1}, r, 14,
               stage.keep(lit ? glowing(lamp.light * 3.2f) : matt(lamp.light * 0.05f, 0.3f)),
               0.003f);
    brush.box({0, y + r * 0.96f, -0.26f}, {r * 0.9f, 0.015f, 0.10f}, housing);
    if (lit)
      stage.add_glow(brush.to_road({0, y, -0.25f}), lamp.light * (air.lights_on ? 0.8f : 0.35f),
                     0.24f);
  }
}

void draw_stop_sign(Stage& stage, const Actor& actor, const ActorState& state,
                    const Atmosphere& air) {
  Brush brush(stage, state.x, state.s, state.heading);
  const float r = actor.height / 2 / std::cos(0.3927f);
  // Signs throw headlights back.
  const float shine = air.headlights * 0.25f;
  const Material* white =
      stage.keep({.albedo = {0.85f, 0.85f, 0.85f}, .emissive = Rgb{0.8f, 0.8f, 0.8f} * shine});
  const Material* red = stage.keep({.albedo = {0.62f, 0.02f, 0.025f},
                                    .emissive = Rgb{0.6f, 0.01f, 0.015f} * shine,
                                    .gloss = 0.1f});
  const Material* back = stage.keep(matt({0.3f, 0.3f, 0.3f}));
  const Vec3 middle{0, kSignMiddle_m, 0};
  brush.disc(middle, {0, 0, -1}, r, 8, white);
  brush.disc(middle, {0, 0, 1}, r, 8, back);
  brush.disc(middle, {0, 0, -1}, r * 0.92f, 8, red, 0.001f);
  // S T O P, drawn as strokes on a 3x5 grid.
  constexpr const char* kLetters[] = {"111100111001111", "111010010010010", "111101101101111",
                                      "111101111100100"};
  const float cell = r * 0.098f;
  for (int letter = 0; letter < 4; ++letter) {
    for (int i = 0; i < 15; ++i) {
      if (kLetters[letter][i] != '1') continue;
      const float x = (static_cast<float>(letter) - 1.5f) * cell * 4.1f +
                      (static_cast<float>(i % 3) - 1) * cell,
                  y = kSignMiddle_m + (2 - static_cast<float>(i / 3)) * cell * 1.35f;
      const Vec3 dot[4] = {{x - cell / 2, y - cell * 0.68f, 0},
                           {x + cell / 2, y - cell * 0.68f, 0},
                           {x + cell / 2, y + cell * 0.68f, 0},
                           {x - cell / 2, y + cell * 0.68f, 0}};
      brush.face(dot, 4, {0, 0, -1}, white, 0.002f);
    }
  }
}

void draw_cone(Stage& stage, const Actor& actor, const ActorState& state, const Atmosphere& air) {
  Brush brush(stage, state.x, state.s, state.heading);
  const float k = actor.height;
  const float shine = air.headlights * 0.12f;
  const Material* orange = stage.keep({.albedo = {0.92f, 0.20f, 0.006f},
                                       .emissive = Rgb{0.9f, 0.17f, 0.005f} * shine,
                                       .gloss = 0.1f});
  const Material* white =
      stage.keep({.albedo = {0.86f, 0.86f, 0.86f}, .emissive = Rgb{0.8f, 0.8f, 0.8f} * shine});
  const auto radius = [&](float y) { return lerp(0.21f, 0.035f, y) * k; };
  brush.box({0, 0.025f * k, 0}, {0.29f * k, 0.025f * k, 0.29f * k}, orange);
  const float cuts[] = {0.04f, 0.34f, 0.52f, 0.68f, 0.82f, 1.0f};
  for (int i = 0; i < 5; ++i)
    brush.tube({0, cuts[i] * k, 0}, {0, cuts[i + 1] * k, 0}, radius(cuts[i]), radius(cuts[i + 1]),
               12, i % 2 ? white : orange, i == 4);
}

void draw_support(Stage& stage, const Actor& actor, const ActorState& state) {
  Brush brush(stage, state.x, state.s, state.heading);
  const Material* steel = stage.keep(matt({0.16f, 0.17f, 0.18f}, 0.3f));
  if (actor.kind == ObjectClass::kTrafficLight)
    brush.tube({0, 0, 0.12f}, {0, kLightBase_m + actor.height * 0.9f, 0.12f}, 0.075f, 0.06f, 8,
               steel);
  if (actor.kind == ObjectClass::kStopSign)
    brush.tube({0, 0, 0.05f}, {0, kSignMiddle_m + actor.height * 0.4f, 0.05f}, 0.038f, 0.038f, 8,
               steel);
}

void cast_box_shadow(Stage& stage, float x, float s, float heading, float half_width,
                     float half_length, float height, const Atmosphere& air) {
  Brush frame(stage, x, s, heading);
  const Vec3 foot[4] = {
      frame.to_road({-half_width, 0, -half_length}), frame.to_road({half_width, 0, -half_length}),
      frame.to_road({half_width, 0, half_length}), frame.to_road({-half_width, 0, half_length})};
  stage.add_patch(foot, 4, std::min(0.45f, half_width * 0.9f), 0.72f, 0);
  if (air.sun.x < 0.3f) return;
  // The sun's shadow is the hull of the base and of the top slid away from the sun.
  const Vec3 slide{-air.sun_direction.x / air.sun_direction.y * height, 0,
                   -air.sun_direction.z / air.sun_direction.y * height};
  Vec3 points[8], hull[16];
  for (int i = 0; i < 4; ++i) points[i] = foot[i], points[i + 4] = foot[i] + slide;
  std::sort(points, points + 8,
            [](Vec3 a, Vec3 b) { return a.x < b.x || (a.x == b.x && a.z < b.z); });
  int count = 0;
  const auto turns = [&](Vec3 a, Vec3 b, Vec3 c) {
    return (b.x - a.x) * (c.z - a.z) - (b.z - a.z) * (c.x - a.x);
  };
  for (int i = 0; i < 8; ++i) {
    while (count >= 2 && turns(hull[count - 2], hull[count - 1], points[i]) <= 0) --count;
    hull[count++] = points[i];
  }
  for (int i = 6, lower = count + 1; i >= 0; --i) {
    while (count >= lower && turns(hull[count - 2], hull[count - 1], points[i]) <= 0) --count;
    hull[count++] = points[i];
  }
  stage.add_patch(hull, std::min(count - 1, 8), std::min(0.10f + 0.012f * height, 0.3f), 0.10f,
                  0.95f);
}

void draw_shadow(Stage& stage, const Actor& actor, const ActorState& state, const Atmosphere& air) {
  switch (actor.kind) {
    case ObjectClass::kTrafficLight:
    case ObjectClass::kStopSign:
      return;
    case ObjectClass::kPedestrian:
      return cast_box_shadow(stage, state.x, state.s, state.heading, 0.2f, 0.2f,
                             actor.height * 0.95f, air);
    case ObjectClass::kCone:
      return cast_box_shadow(stage, state.x, state.s, state.heading, 0.16f, 0.16f,
                             actor.height * 0.7f, air);
    case ObjectClass::kDog:
      return cast_box_shadow(stage, state.x, state.s, state.heading, 0.12f, 0.36f,
                             actor.height * 0.75f, air);
    case ObjectClass::kBicycle:
    case ObjectClass::kMotorcycle:
      return cast_box_shadow(stage, state.x, state.s, state.heading, 0.18f, actor.length * 0.42f,
                             actor.height * 0.8f, air);
    default:
      return cast_box_shadow(stage, state.x, state.s, state.heading, actor.width * 0.47f,
                             actor.length * 0.48f, actor.height * 0.9f, air);
  }
}

void draw_actor(Stage& stage, const Actor& actor, const ActorState& state, const Atmosphere& air) {
  switch (actor.kind) {
    case ObjectClass::kMotorcycle:
    case ObjectClass::kBicycle:
      return draw_two_wheeler(stage, actor, state, air);
    case ObjectClass::kPedestrian:
      return draw_pedestrian(stage, actor, state, air);
    case ObjectClass::kDog:
      return draw_dog(stage, actor, state, air);
    case ObjectClass::kTrafficLight:
      return draw_traffic_light(stage, actor, state, air);
    case ObjectClass::kStopSign:
      return draw_stop_sign(stage, actor, state, air);
    case ObjectClass::kCone:
      return draw_cone(stage, actor, state, air);
    default:
      return draw_vehicle(stage, actor, state, air);
  }
}

}  // namespace sightline
