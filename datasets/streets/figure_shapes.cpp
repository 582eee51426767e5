#include <cmath>

#include "datasets/streets/palette.h"
#include "datasets/streets/shapes.h"

namespace sightline {
namespace {

constexpr Rgb kSkins[] = {
    {0.62f, 0.38f, 0.26f}, {0.45f, 0.25f, 0.15f}, {0.20f, 0.10f, 0.06f}, {0.70f, 0.46f, 0.34f}};
constexpr Rgb kHair[] = {
    {0.02f, 0.015f, 0.012f}, {0.10f, 0.05f, 0.02f}, {0.35f, 0.24f, 0.08f}, {0.22f, 0.20f, 0.19f}};
constexpr Rgb kTrousers[] = {
    {0.03f, 0.05f, 0.12f}, {0.02f, 0.02f, 0.024f}, {0.10f, 0.10f, 0.11f}, {0.14f, 0.10f, 0.06f}};

/// Two-bone leg or arm from `hip` to `foot`; the joint bends towards +z by `bend` metres.
void limb(Brush& brush, Vec3 hip, Vec3 foot, float bend, float thick, float thin,
          const Material* upper, const Material* lower) {
  const Vec3 joint = (hip + foot) * 0.5f + Vec3{0, 0, bend};
  brush.tube(hip, joint, thick, (thick + thin) / 2, 7, upper);
  brush.tube(joint, foot, (thick + thin) / 2, thin, 7, lower);
}

void head(Brush& brush, Vec3 middle, float r, uint32_t look, Stage& stage, const Material* skin) {
  const Material* hair = stage.keep(matt(kHair[look / 7 % 4], 0.2f));
  brush.ball(middle, {r * 0.82f, r * 1.08f, r * 0.9f}, skin, 6, 9);
  const bool hat = look % 5 == 0, long_hair = look % 2 == 0;
  if (hat) {
    const Material* wool = stage.keep(matt(kTrousers[look / 3 % 4] * 1.5f));
    brush.ball(middle + Vec3{0, r * 0.45f, -0.01f}, {r * 0.92f, r * 0.78f, r * 0.97f}, wool, 5, 9);
  } else {
    brush.ball(middle + Vec3{0, r * 0.28f, -r * 0.16f}, {r * 0.9f, r * 0.92f, r * 0.88f}, hair, 5,
               9);
    if (long_hair)
      brush.tapered_box(middle + Vec3{0, -r * 0.5f, -r * 0.55f}, {r * 0.62f, r * 0.75f, r * 0.3f},
                        0.02f, 0, hair);
  }
}

}  // namespace

void draw_pedestrian(Stage& stage, const Actor& actor, const ActorState& state,
                     const Atmosphere& air) {
  Brush brush(stage, state.x, state.s, state.heading);
  const uint32_t look = actor.look;
  const float k = actor.height / 1.76f;
  const Rgb cloth = paint_of(actor.colour);
  const bool coat = look % 3 != 0 || air.snow > 0;
  const Material* top = stage.keep(matt(cloth));
  const Material* skin = stage.keep(matt(kSkins[look / 11 % 4], 0.1f));
  const Rgb leg_colour = look % 4 == 1 ? cloth * 0.5f : kTrousers[look / 5 % 4];
  const Material* trousers = stage.keep(matt(leg_colour));
  const Material* shoes = stage.keep(matt({0.03f, 0.025f, 0.02f}, 0.2f));

  const float pace = state.speed > 0.1f ? 1.0f : 0.06f;
  const float phase = state.stride * 4.3f;
  const float swing = std::sin(phase) * 0.36f * pace;
  const float bob = std::fabs(std::cos(phase)) * 0.025f * pace;
  const float hip = 0.86f * k + bob, shoulder = 1.42f * k + bob;
  for (float side : {-1.0f, 1.0f}) {
    const float reach = swing * side, lift = std::max(0.0f, std::cos(phase) * side) * 0.10f * pace;
    const Vec3 foot{side * 0.085f * k, 0.08f + lift, reach};
    limb(brush, {side * 0.09f * k, hip, 0}, foot, 0.05f + lift * 0.6f, 0.098f * k, 0.062f * k,
         trousers, trousers);
    brush.box(foot + Vec3{0, -0.035f, 0.055f}, {0.048f, 0.045f, 0.13f * k}, shoes);
    const Vec3 hand{side * 0.27f * k, 0.84f * k + bob, -reach * 0.9f + 0.05f};
    limb(brush, {side * 0.205f * k, shoulder - 0.05f * k, 0}, hand, -0.05f, 0.066f * k, 0.05f * k,
         top, top);
    brush.ball(hand, {0.045f, 0.055f, 0.045f}, skin, 4, 6);
  }
  const float hem = coat ? hip - 0.20f * k : hip - 0.06f * k;
  brush.tube({0, hem, 0}, {0, hip + 0.22f * k, 0}, coat ? 0.205f * k : 0.165f * k, 0.165f * k, 10,
             top);
  brush.tube({0, hip + 0.2f * k, 0}, {0, shoulder - 0.02f, 0}, 0.165f * k, 0.20f * k, 10, top);
  brush.ball({0, shoulder - 0.03f * k, 0}, {0.225f * k, 0.10f * k, 0.13f * k}, top, 5, 10);
  brush.tube({0, shoulder, 0}, {0, shoulder + 0.12f * k, 0.01f}, 0.055f * k, 0.05f * k, 7, skin,
             false);
  head(brush, {0, 1.62f * k + bob, 0.015f}, 0.125f * k, look, stage, skin);
  if (look % 6 == 2) {
    const Material* bag = stage.keep(matt(kTrousers[look / 13 % 4] * 1.6f));
    brush.tapered_box({0, 1.18f * k, -0.22f * k}, {0.15f * k, 0.21f * k, 0.09f * k}, -0.02f, -0.02f,
                      bag);
  }
  if (air.wetness > 0 && look % 2 == 0) {
    const Material* umbrella = stage.keep({.albedo = cloth, .emissive = {}, .gloss = 0.3f});
    const Vec3 tip{0.22f * k, 2.22f * k, 0.1f};
    brush.tube({0.24f * k, 1.1f * k, 0.12f}, tip, 0.012f, 0.012f, 5, shoes, false);
    constexpr int kRibs = 8;
    for (int i = 0; i < kRibs; ++i) {
      const float a = 6.2832f * i / kRibs, b = 6.2832f * (i + 1) / kRibs;
      const Vec3 edge[3] = {tip, tip + Vec3{std::cos(a) * 0.62f, -0.26f, std::sin(a) * 0.62f},
                            tip + Vec3{std::cos(b) * 0.62f, -0.26f, std::sin(b) * 0.62f}};
      const Vec3 outward{std::cos((a + b) / 2), 1.6f, std::sin((a + b) / 2)};
      brush.face(edge, 3, outward, umbrella, 0, nullptr, true);
    }
  }
}

void draw_dog(Stage& stage, const Actor& actor, const ActorState& state, const Atmosphere&) {
  Brush brush(stage, state.x, state.s, state.heading);
  const float k = actor.height / 0.68f;
  Rgb fur = paint_of(actor.colour);
  if (actor.colour == Colour::kBrown) fur = {0.26f, 0.115f, 0.04f};
  const Material* coat = stage.keep(matt(fur, 0.12f));
  const Material* shade = stage.keep(matt(fur * 0.72f));
  const Material* nose = stage.keep(matt({0.012f, 0.011f, 0.011f}, 0.5f));
  const float pace = state.speed > 0.1f ? 1.0f : 0.05f, phase = state.stride * 8;
  const float back = 0.47f * k;
  for (float side : {-1.0f, 1.0f}) {
    for (float end : {-1.0f, 1.0f}) {
      const float swing = std::sin(phase + (side * end > 0 ? 0.0f : 3.14f)) * 0.11f * pace;
      limb(brush, {side * 0.075f * k, 0.36f * k, end * 0.24f * k},
           {side * 0.075f * k, 0.03f, end * 0.25f * k + swing}, end < 0 ? -0.04f : 0.01f,
           0.062f * k, 0.032f * k, shade, shade);
    }
  }
  brush.ball({0, back - 0.03f * k, 0.18f * k}, {0.125f * k, 0.155f * k, 0.19f * k}, coat, 6, 9);
  brush.tube({0, back - 0.02f * k, 0.16f * k}, {0, back - 0.01f * k, -0.24f * k}, 0.13f * k,
             0.10f * k, 9, coat);
  brush.ball({0, back - 0.01f * k, -0.24f * k}, {0.105f * k, 0.115f * k, 0.13f * k}, coat, 5, 8);
  brush.tube({0, back + 0.02f * k, 0.28f * k}, {0, back + 0.19f * k, 0.40f * k}, 0.085f * k,
             0.07f * k, 8, coat);
  const Vec3 skull{0, back + 0.20f * k, 0.43f * k};
  brush.ball(skull, {0.085f * k, 0.088f * k, 0.105f * k}, coat, 5, 8);
  brush.tube(skull + Vec3{0, -0.025f * k, 0.06f * k}, skull + Vec3{0, -0.045f * k, 0.19f * k},
             0.052f * k, 0.038f * k, 7, coat);
  brush.ball(skull + Vec3{0, -0.03f * k, 0.20f * k}, {0.024f * k, 0.02f * k, 0.02f * k}, nose, 4,
             6);
  const bool pricked = actor.look % 2 == 0;
  for (float side : {-1.0f, 1.0f}) {
    if (pricked)
      brush.tapered_box(skull + Vec3{side * 0.055f * k, 0.10f * k, -0.03f * k},
                        {0.03f * k, 0.055f * k, 0.02f * k}, -0.025f * k, -0.015f * k, shade);
    else
      brush.tapered_box(skull + Vec3{side * 0.092f * k, 0.0f, -0.02f * k},
                        {0.014f * k, 0.085f * k, 0.045f * k}, 0, -0.015f * k, shade);
  }
  const float wag = std::sin(phase * 1.3f) * 0.05f;
  brush.tube({0, back + 0.04f * k, -0.33f * k}, {wag, back + 0.22f * k, -0.47f * k}, 0.035f * k,
             0.018f * k, 6, coat);
}

void draw_two_wheeler(Stage& stage, const Actor& actor, const ActorState& state,
                      const Atmosphere& air) {
  Brush brush(stage, state.x, state.s, state.heading);
  const bool motor = actor.kind == ObjectClass::kMotorcycle;
  const bool ridden = state.speed > 0.05f || actor.look % 3 == 0 || !motor;
  const Rgb colour = paint_of(actor.colour);
  const Material* paint = stage.keep({.albedo = colour, .emissive = {}, .gloss = 0.5f});
  const Material* tyre = stage.keep(matt({0.016f, 0.016f, 0.018f}));
  const Material* metal = stage.keep(matt({0.30f, 0.31f, 0.33f}, 0.5f));
  const Material* dark = stage.keep(matt({0.02f, 0.02f, 0.022f}, 0.2f));
  const Material* skin = stage.keep(matt(kSkins[actor.look / 11 % 4], 0.1f));
  const Material* cloth =
      stage.keep(matt(motor ? lerp(colour, Rgb{0.02f, 0.02f, 0.025f}, 0.25f) : colour));
  const Material* trousers =
      stage.keep(matt(motor ? Rgb{0.025f, 0.025f, 0.03f} : kTrousers[actor.look / 5 % 4]));
  const float roll = state.stride;

  const float radius = motor ? 0.32f : 0.345f, base = motor ? 0.70f : 0.54f;
  for (float z : {base, -base}) {
    if (motor) {
      brush.wheel({0, radius, z}, radius, 0.14f, 1, roll, tyre, metal);
      brush.wheel({0, radius, z}, radius, 0.14f, -1, roll, tyre, metal);
      continue;
    }
    constexpr int kPieces = 14;
    for (int i = 0; i < kPieces; ++i) {
      const auto at = [&](int step) {
        const float a = 6.2832f * static_cast<float>(step) / kPieces;
        return Vec3{0, radius + std::cos(a) * (radius - 0.02f), z + std::sin(a) * (radius - 0.02f)};
      };
      brush.tube(at(i), at(i + 1), 0.026f, 0.026f, 5, tyre, false);
    }
    for (int i = 0; i < 4; ++i) {
      const float a = 0.785f * static_cast<float>(i) + roll / radius;
      const Vec3 reach{0, std::cos(a) * (radius - 0.03f), std::sin(a) * (radius - 0.03f)};
      brush.tube(Vec3{0, radius, z} - reach, Vec3{0, radius, z} + reach, 0.006f, 0.006f, 4, metal,
                 false);
    }
  }
  const float seat = motor ? 0.80f : 0.95f;
  Vec3 bars{0, motor ? 1.02f : 1.04f, motor ? 0.42f : 0.38f};
  if (motor) {
    brush.ball({0, 0.80f, 0.16f}, {0.17f, 0.17f, 0.33f}, paint, 6, 10);
    brush.tapered_box({0, 0.56f, 0.16f}, {0.18f, 0.16f, 0.26f}, 0.0f, -0.04f, paint);
    brush.tapered_box({0, 0.47f, 0.02f}, {0.15f, 0.19f, 0.28f}, 0.01f, 0.04f, dark);
    brush.tapered_box({0, 0.80f, -0.36f}, {0.13f, 0.06f, 0.36f}, -0.03f, -0.02f, dark);
    brush.tapered_box({0, 0.76f, -0.66f}, {0.11f, 0.10f, 0.20f}, -0.02f, 0.06f, paint);
    brush.tapered_box({0, 0.66f, base}, {0.085f, 0.035f, 0.24f}, -0.02f, -0.05f, paint);
    brush.tapered_box({0, 0.90f, 0.54f}, {0.22f, 0.24f, 0.13f}, -0.07f, -0.06f, paint);
    for (float side : {-1.0f, 1.0f}) {
      brush.tube({side * 0.09f, radius, base}, {side * 0.09f, 0.92f, 0.48f}, 0.03f, 0.03f, 6, metal,
                 false);
      brush.tube({side * 0.17f, 0.30f, -0.1f}, {side * 0.19f, 0.42f, -0.8f}, 0.045f, 0.06f, 7,
                 metal);
    }
    const bool lit = air.lights_on && state.speed > 0.05f;
    const Material* lamp =
        stage.keep(lit ? glowing({5, 4.8f, 4.2f}) : matt({0.7f, 0.72f, 0.74f}, 0.9f));
    const Material* tail = stage.keep(lit || state.braking ? glowing({2.0f, 0.05f, 0.03f})
                                                           : matt({0.4f, 0.01f, 0.01f}, 0.4f));
    brush.disc({0, 0.90f, 0.665f}, {0, 0, 1}, 0.10f, 10, lamp, 0.004f);
    brush.box({0, 0.78f, -0.86f}, {0.09f, 0.04f, 0.02f}, tail);
    brush.box({0, 0.60f, -0.84f}, {0.10f, 0.07f, 0.01f}, stage.keep(matt({0.7f, 0.7f, 0.66f})));
    if (lit) {
      if (std::cos(state.heading) < -0.25f)
        stage.add_glow(brush.to_road({0, 0.9f, 0.75f}), Rgb{1.0f, 0.93f, 0.8f} * 1.1f, 0.18f);
      else if (std::cos(state.heading) > 0.25f)
        stage.add_glow(brush.to_road({0, 0.78f, -0.9f}), {0.4f, 0.02f, 0.015f}, 0.12f);
    }
  } else {
    const Vec3 hub{0, radius, -base}, crank{0, 0.31f, -0.05f}, saddle{0, 0.86f, -0.22f},
        stem{0, 0.86f, 0.34f}, fork{0, radius, base};
    for (const auto& [a, b] :
         {std::pair{crank, saddle}, std::pair{saddle, stem}, std::pair{crank, stem},
          std::pair{hub, crank}, std::pair{hub, saddle}, std::pair{fork, stem}}) {
      brush.tube(a, b, 0.034f, 0.034f, 6, paint, false);
    }
    brush.tube(stem, bars, 0.018f, 0.018f, 5, metal, false);
    brush.tapered_box({0, 0.92f, -0.24f}, {0.07f, 0.03f, 0.13f}, 0, -0.02f, dark);
    brush.disc({0.04f, 0.31f, -0.05f}, {1, 0, 0}, 0.09f, 8, metal);
    if (air.lights_on) {
      brush.ball({0, 0.72f, -0.36f}, {0.035f, 0.035f, 0.035f},
                 stage.keep(glowing({2.5f, 0.06f, 0.04f})), 4, 6);
      if (std::cos(state.heading) > 0.25f)
        stage.add_glow(brush.to_road({0, 0.72f, -0.4f}), {0.35f, 0.015f, 0.01f}, 0.09f);
      if (std::cos(state.heading) < -0.25f)
        stage.add_glow(brush.to_road({0, 0.95f, 0.5f}), {0.7f, 0.66f, 0.55f}, 0.12f);
    }
  }
  brush.tube(bars + Vec3{-0.30f, 0, 0}, bars + Vec3{0.30f, 0, 0}, 0.02f, 0.02f, 6, dark);
  if (!ridden) return;

  const Vec3 hips{0, seat + 0.08f, motor ? -0.26f : -0.22f},
      shoulders{0, hips.y + 0.50f, motor ? -0.05f : 0.06f};
  brush.tube(hips, lerp(hips, shoulders, 0.55f), 0.15f, 0.165f, 10, cloth);
  brush.tube(lerp(hips, shoulders, 0.5f), shoulders, 0.165f, 0.19f, 10, cloth);
  brush.ball(shoulders, {0.215f, 0.09f, 0.12f}, cloth, 5, 9);
  brush.ball(hips, {0.165f, 0.12f, 0.15f}, trousers, 5, 8);
  for (float side : {-1.0f, 1.0f}) {
    limb(brush, shoulders + Vec3{side * 0.20f, -0.02f, 0}, bars + Vec3{side * 0.25f, 0.02f, 0},
         -0.04f, 0.065f, 0.045f, cloth, cloth);
    const float turn = roll * 2.4f + (side > 0 ? 0 : 3.1416f);
    const Vec3 foot =
        motor ? Vec3{side * 0.19f, 0.34f, -0.02f}
              : Vec3{side * 0.10f, 0.31f + std::cos(turn) * 0.16f, -0.05f + std::sin(turn) * 0.16f};
    limb(brush, hips + Vec3{side * 0.10f, -0.02f, 0.02f}, foot, 0.20f, 0.095f, 0.055f, trousers,
         trousers);
    brush.box(foot + Vec3{0, -0.01f, 0.06f}, {0.045f, 0.045f, 0.12f}, dark);
  }
  const Vec3 skull = shoulders + Vec3{0, 0.25f, 0.05f};
  brush.tube(shoulders, skull, 0.055f, 0.05f, 6, skin, false);
  if (motor) {
    brush.ball(skull, {0.135f, 0.15f, 0.15f}, paint, 6, 10);
    const Vec3 visor[4] = {skull + Vec3{-0.09f, -0.03f, 0.135f},
                           skull + Vec3{0.09f, -0.03f, 0.135f}, skull + Vec3{0.08f, 0.06f, 0.14f},
                           skull + Vec3{-0.08f, 0.06f, 0.14f}};
    brush.face(visor, 4, {0, 0, 1}, dark, 0.004f);
  } else {
    brush.ball(skull, {0.095f, 0.125f, 0.105f}, skin, 6, 9);
    brush.ball(skull + Vec3{0, 0.055f, -0.01f}, {0.115f, 0.095f, 0.135f},
               stage.keep(matt(actor.look % 2 ? colour : Rgb{0.03f, 0.03f, 0.035f}, 0.4f)), 5, 9);
  }
}

}  // namespace sightline
