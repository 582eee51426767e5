#include "datasets/streets/vehicle_painter.h"

namespace sightline {

using Outline = Brush::Outline;

void draw_truck(VehiclePainter& p, const Actor& actor) {
  const float w = actor.width / 2, h = actor.height, l = actor.length / 2;
  Stage& stage = p.brush.stage();
  const bool tipper = actor.look % 4 == 1;
  const float cab_back = l - 1.95f;
  const Outline cab[] = {{cab_back, 0.55f},  {cab_back, 2.55f},  {cab_back + 0.3f, 2.75f},
                         {l - 0.42f, 2.72f}, {l - 0.22f, 2.45f}, {l - 0.02f, 1.55f},
                         {l, 0.9f},          {l - 0.04f, 0.5f}};
  p.brush.extrude(cab, 8, w * 0.96f, w * 0.93f, 0.09f, p.paint);
  const Vec3 windscreen[4] = {{-w * 0.9f, 1.55f, l - 0.02f},
                              {w * 0.9f, 1.55f, l - 0.02f},
                              {w * 0.88f, 2.45f, l - 0.22f},
                              {-w * 0.88f, 2.45f, l - 0.22f}};
  p.pane(windscreen, {0, 0.2f, 1}, 0.03f, 0.97f, 0.08f, 0.95f, p.glass, 0.003f);
  p.side_panes(w * 0.955f, 1.6f, 2.3f, l - 1.3f, l - 0.35f, 1, p.glass);
  p.brush.box({0, 1.05f, l}, {w * 0.6f, 0.22f, 0.02f}, p.dark);
  p.brush.box({0, 0.55f, l - 0.02f}, {w * 0.95f, 0.17f, 0.07f}, p.trim);
  for (float side : {-1.0f, 1.0f})
    p.brush.box({side * (w + 0.14f), 2.0f, l - 0.12f}, {0.09f, 0.28f, 0.07f}, p.trim);
  p.brush.box({0, 0.72f, -0.2f}, {w * 0.35f, 0.14f, l - 0.3f}, p.dark);
  const float bed_front = cab_back - 0.18f, bed_middle = (bed_front - l) / 2,
              bed_half = (bed_front + l) / 2;
  if (tipper) {
    p.brush.tapered_box({0, 1.55f, bed_middle}, {w * 0.9f, 0.65f, bed_half * 0.96f}, w * 0.08f,
                        0.08f, p.paint);
    const Material* load =
        stage.keep({.albedo = {0.20f, 0.15f, 0.09f}, .emissive = {}, .snowy = true});
    p.brush.tapered_box({0, 2.32f, bed_middle}, {w * 0.86f, 0.22f, bed_half * 0.85f}, -0.6f, -0.9f,
                        load);
    p.side_panes(w * 0.955f, 1.0f, 2.1f, bed_front - bed_half * 2 + 0.3f, bed_front - 0.3f, 5,
                 p.trim, 0.46f);
  } else {
    p.brush.tapered_box({0, (h + 0.95f) / 2, bed_middle}, {w * 0.99f, (h - 0.95f) / 2, bed_half}, 0,
                        0, p.paint);
    const Rgb base = paint_of(actor.colour);
    const Material* panel = stage.keep(
        {.albedo = lerp(base, Rgb{0.9f, 0.9f, 0.9f}, actor.colour == Colour::kWhite ? 0 : 0.12f),
         .emissive = {},
         .gloss = 0.15f});
    p.side_panes(w, 1.15f, h - 0.2f, bed_front - bed_half * 2 + 0.1f, bed_front - 0.1f, 6, panel,
                 0.03f);
    const Material* edge = stage.keep(matt(base * 0.55f, 0.2f));
    for (float y : {1.0f, h - 0.06f}) {
      p.brush.box({0, y, bed_middle}, {w + 0.012f, 0.05f, bed_half + 0.012f}, edge);
    }
    const Vec3 doors[4] = {{-w, 1.05f, -l}, {w, 1.05f, -l}, {w, h - 0.1f, -l}, {-w, h - 0.1f, -l}};
    p.pane(doors, {0, 0, -1}, 0.04f, 0.49f, 0.02f, 0.98f, panel, 0.002f);
    p.pane(doors, {0, 0, -1}, 0.51f, 0.96f, 0.02f, 0.98f, panel, 0.002f);
    for (float x : {-0.32f, 0.32f})
      p.brush.box({x, (h + 1) / 2, -l - 0.02f}, {0.02f, (h - 1.2f) / 2, 0.02f}, p.chrome);
  }
  p.brush.box({0, 0.62f, -l + 0.05f}, {w * 0.95f, 0.09f, 0.06f}, p.trim);
  p.headlights(w * 0.74f, 0.72f, l + 0.01f, w * 0.18f, 0.11f);
  p.taillights(w * 0.8f, 0.74f, -l - 0.02f, w * 0.15f, 0.08f);
  p.number_plates(0.5f, l + 0.06f, -l - 0.02f);
  p.wheels(l - 1.05f, -l + 1.35f, w * 0.97f, 0.5f, 0.32f, nullptr);
  for (float side : {-1.0f, 1.0f})
    p.brush.wheel({side * (w * 0.97f - 0.13f), 0.5f, -l + 2.45f}, 0.5f, 0.32f, side, 0, p.tyre,
                  p.rim);
}

void draw_bus(VehiclePainter& p, const Actor& actor, const Atmosphere& air) {
  const float w = actor.width / 2, h = actor.height, l = actor.length / 2;
  Stage& stage = p.brush.stage();
  const Outline body[] = {{-l + 0.02f, 0.34f}, {-l, 0.7f},        {-l + 0.02f, h - 0.22f},
                          {-l + 0.22f, h},     {l - 0.3f, h},     {l - 0.10f, h - 0.2f},
                          {l, 1.0f},           {l - 0.03f, 0.34f}};
  p.brush.extrude(body, 8, w, w * 0.97f, 0.12f, p.paint);
  const Rgb inside =
      air.lights_on ? Rgb{0.50f, 0.44f, 0.30f} * (air.lamps > 0.1f ? 1.0f : 0.25f) : Rgb{};
  const Material* saloon =
      stage.keep({.albedo = {0.02f, 0.024f, 0.03f}, .emissive = inside, .gloss = 0.8f});
  const float x = w * 0.983f + 0.004f;
  p.side_panes(x, 1.28f, h - 0.62f, -l + 0.35f, l - 1.5f, 7, saloon, 0.03f);
  for (float side : {-1.0f, 1.0f}) {
    const Vec3 front[4] = {{side * x, 1.1f, l - 1.35f},
                           {side * x, 1.1f, l - 0.22f},
                           {side * x, h - 0.5f, l - 0.24f},
                           {side * x, h - 0.5f, l - 1.35f}};
    p.brush.face(front, 4, {side, 0, 0}, p.glass, 0.003f);
    const Vec3 stripe[4] = {{side * (w + 0.002f), 0.86f, -l + 0.15f},
                            {side * (w + 0.002f), 0.86f, l - 0.3f},
                            {side * (w + 0.002f), 1.0f, l - 0.3f},
                            {side * (w + 0.002f), 1.0f, -l + 0.15f}};
    p.brush.face(stripe, 4, {side, 0, 0},
                 actor.colour == Colour::kWhite || actor.colour == Colour::kSilver
                     ? p.trim
                     : stage.keep(matt({0.8f, 0.8f, 0.8f}, 0.3f)),
                 0.002f);
    p.brush.box({side * (w + 0.16f), h - 0.55f, l - 0.05f}, {0.08f, 0.22f, 0.08f}, p.trim);
  }
  for (float z : {0.4f, l - 0.85f}) {
    const Vec3 door[4] = {{x + 0.004f, 0.42f, z - 0.6f},
                          {x + 0.004f, 0.42f, z + 0.6f},
                          {x + 0.002f, h - 0.6f, z + 0.6f},
                          {x + 0.002f, h - 0.6f, z - 0.6f}};
    p.pane(door, {1, 0, 0}, 0.02f, 0.49f, 0, 1, saloon, 0.005f);
    p.pane(door, {1, 0, 0}, 0.51f, 0.98f, 0, 1, saloon, 0.005f);
  }
  const Vec3 front[4] = {{-w * 0.95f, 1.0f, l},
                         {w * 0.95f, 1.0f, l},
                         {w * 0.93f, h - 0.2f, l - 0.10f},
                         {-w * 0.93f, h - 0.2f, l - 0.10f}};
  p.pane(front, {0, 0, 1}, 0.03f, 0.97f, 0.10f, 0.80f, p.glass, 0.003f);
  p.pane(front, {0, 0, 1}, 0.14f, 0.86f, 0.84f, 0.97f, p.dark, 0.003f);
  p.pane(front, {0, 0, 1}, 0.24f, 0.76f, 0.87f, 0.94f, stage.keep(glowing({1.0f, 0.42f, 0.04f})),
         0.006f);
  const Vec3 back[4] = {{-w * 0.95f, 1.0f, -l},
                        {w * 0.95f, 1.0f, -l},
                        {w * 0.93f, h - 0.2f, -l + 0.02f},
                        {-w * 0.93f, h - 0.2f, -l + 0.02f}};
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

}  // namespace sightline
