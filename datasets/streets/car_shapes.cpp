#include <cmath>

#include "datasets/streets/vehicle_painter.h"

namespace sightline {

using Outline = Brush::Outline;

void draw_car(VehiclePainter& p, const Actor& actor) {
  const float k = actor.length / 4.3f, h = actor.height / 1.46f, w = actor.width / 2;
  const int body = static_cast<int>(actor.look % 3);  // saloon, hatchback, estate
  Outline lower[] = {{-2.02f, 0.24f}, {-2.14f, 0.46f}, {-2.12f, 0.78f},
                     {-2.02f, 0.93f}, {0.78f, 0.95f},  {1.72f, 0.80f},
                     {2.06f, 0.66f},  {2.14f, 0.45f},  {2.04f, 0.22f}};
  for (Outline& o : lower) o.z *= k, o.y *= h;
  p.brush.extrude(lower, 9, w, w * 0.97f, 0.10f, p.paint);

  const float rear_foot[] = {-1.78f, -2.04f, -2.06f}, rear_roof[] = {-1.02f, -1.62f, -1.86f};
  const float belt = 0.91f * h, roof = 1.46f * h, zr0 = rear_foot[body] * k,
              zr1 = rear_roof[body] * k, zf0 = 0.98f * k, zf1 = 0.18f * k;
  const float wb = w * 0.93f, wt = w * 0.72f;
  const Outline cabin[] = {{zr0, belt},        {zr1 - 0.04f, roof - 0.07f}, {zr1 + 0.14f, roof},
                           {zf1 - 0.2f, roof}, {zf1, roof - 0.06f},         {zf0, belt}};
  p.brush.extrude(cabin, 6, wb, wt, 0.07f, p.paint);

  const float top = roof - 0.10f, wtop = lerp(wb, wt, (top - belt) / (roof - belt));
  for (float side : {-1.0f, 1.0f}) {
    const auto z_at = [&](float z0, float z1, float y) {
      return lerp(z0, z1, (y - belt) / (roof - 0.06f - belt));
    };
    const float y0 = belt + 0.04f, x0 = lerp(wb, wt, (y0 - belt) / (roof - belt));
    const float front0 = z_at(zf0, zf1, y0) - 0.16f, front1 = z_at(zf0, zf1, top) - 0.10f,
                rear0 = z_at(zr0, zr1, y0) + 0.17f, rear1 = z_at(zr0, zr1, top) + 0.15f;
    const float pillar = -0.42f * k;
    const Vec3 front[4] = {{side * x0, y0, pillar + 0.05f},
                           {side * x0, y0, front0},
                           {side * wtop, top, front1},
                           {side * wtop, top, pillar + 0.05f}};
    const Vec3 rear[4] = {{side * x0, y0, rear0},
                          {side * x0, y0, pillar - 0.05f},
                          {side * wtop, top, pillar - 0.05f},
                          {side * wtop, top, std::min(rear1, pillar - 0.1f)}};
    p.brush.face(front, 4, {side, 0.3f, 0}, p.glass, 0.003f);
    p.brush.face(rear, 4, {side, 0.3f, 0}, p.glass, 0.003f);
    const Vec3 seam[4] = {{side * (w + 0.004f), 0.34f * h, pillar - 0.012f},
                          {side * (w + 0.004f), 0.34f * h, pillar + 0.012f},
                          {side * (w - 0.01f), 0.86f * h, pillar + 0.012f},
                          {side * (w - 0.01f), 0.86f * h, pillar - 0.012f}};
    p.brush.face(seam, 4, {side, 0, 0}, p.dark, 0.002f);
    p.brush.box({side * (w - 0.005f), 0.72f * h, pillar - 0.26f}, {0.015f, 0.02f, 0.09f}, p.trim);
    p.brush.box({side * (w + 0.09f), belt + 0.07f, 0.62f * k}, {0.09f, 0.065f, 0.06f}, p.paint);
    p.brush.box({side * (w - 0.04f), 0.26f * h, 0}, {0.045f, 0.05f, 1.9f * k}, p.trim);
  }
  const Vec3 windscreen[4] = {{-wb + 0.06f, belt, zf0},
                              {wb - 0.06f, belt, zf0},
                              {wt - 0.06f, roof - 0.06f, zf1},
                              {-wt + 0.06f, roof - 0.06f, zf1}};
  p.pane(windscreen, {0, 0.5f, 1}, 0.05f, 0.95f, 0.06f, 0.93f, p.glass, 0.004f);
  const Vec3 back[4] = {{-wb + 0.06f, belt, zr0},
                        {wb - 0.06f, belt, zr0},
                        {wt - 0.06f, roof - 0.07f, zr1 - 0.04f},
                        {-wt + 0.06f, roof - 0.07f, zr1 - 0.04f}};
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
  const Outline lower[] = {{-l + 0.04f, 0.28f}, {-l, 0.5f},         {-l, 1.18f},
                           {l - 0.75f, 1.18f},  {l - 0.28f, 0.98f}, {l - 0.03f, 0.72f},
                           {l, 0.48f},          {l - 0.08f, 0.26f}};
  p.brush.extrude(lower, 8, w, w * 0.985f, 0.09f, p.paint);
  const Outline upper[] = {{-l, 1.10f},    {-l + 0.06f, h - 0.10f}, {-l + 0.2f, h},
                           {l - 1.75f, h}, {l - 1.5f, h - 0.08f},   {l - 0.66f, 1.16f}};
  p.brush.extrude(upper, 6, w * 0.985f, w * 0.86f, 0.10f, p.paint);
  const float y0 = 1.22f, y1 = h - 0.34f;
  const auto x_at = [&](float y) {
    return lerp(w * 0.985f, w * 0.86f, (y - 1.1f) / (h - 1.1f)) + 0.003f;
  };
  const auto slope = [&](float y) {
    return lerp(l - 0.66f, l - 1.5f, (y - 1.16f) / (h - 0.08f - 1.16f));
  };
  for (float side : {-1.0f, 1.0f}) {
    const Vec3 door[4] = {{side * x_at(y0), y0, slope(y0) - 1.1f},
                          {side * x_at(y0), y0, slope(y0) - 0.16f},
                          {side * x_at(y1), y1, slope(y1) - 0.14f},
                          {side * x_at(y1), y1, slope(y0) - 1.1f}};
    p.brush.face(door, 4, {side, 0.2f, 0}, p.glass, 0.003f);
    if (glazed) {
      for (float z : {-l + 0.25f, -l + 1.65f}) {
        const Vec3 pane[4] = {{side * x_at(y0), y0, z},
                              {side * x_at(y0), y0, z + 1.25f},
                              {side * x_at(y1), y1, z + 1.25f},
                              {side * x_at(y1), y1, z}};
        p.brush.face(pane, 4, {side, 0.2f, 0}, p.glass, 0.003f);
      }
    }
    for (float z : {slope(y0) - 1.2f, -0.6f}) {
      const Vec3 seam[4] = {{side * (w + 0.004f), 0.4f, z},
                            {side * (w + 0.004f), 0.4f, z + 0.025f},
                            {side * (w + 0.002f), 1.12f, z + 0.025f},
                            {side * (w + 0.002f), 1.12f, z}};
      p.brush.face(seam, 4, {side, 0, 0}, p.dark, 0.002f);
    }
    p.brush.box({side * (w + 0.12f), 1.36f, slope(1.3f) - 0.3f}, {0.10f, 0.14f, 0.06f}, p.trim);
    p.brush.box({side * (w - 0.02f), 0.52f, 0}, {0.03f, 0.05f, l * 0.9f}, p.trim);
  }
  const Vec3 windscreen[4] = {{-w * 0.9f, 1.18f, l - 0.66f},
                              {w * 0.9f, 1.18f, l - 0.66f},
                              {w * 0.78f, h - 0.1f, l - 1.5f},
                              {-w * 0.78f, h - 0.1f, l - 1.5f}};
  p.pane(windscreen, {0, 0.5f, 1}, 0.03f, 0.97f, 0.04f, 0.86f, p.glass, 0.004f);
  const Vec3 back[4] = {{-w * 0.9f, 1.2f, -l},
                        {w * 0.9f, 1.2f, -l},
                        {w * 0.82f, h - 0.2f, -l + 0.05f},
                        {-w * 0.82f, h - 0.2f, -l + 0.05f}};
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

}  // namespace sightline
