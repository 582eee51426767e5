#pragma once
#include "datasets/streets/palette.h"
#include "datasets/streets/shapes.h"

namespace sightline {

/// The materials and lamps every vehicle has, and a brush standing where the vehicle stands.
class VehiclePainter {
 public:
  VehiclePainter(Stage& stage, const Actor& actor, const ActorState& state, const Atmosphere& air);

  /// Four wheels on two axles; `arch` darkens the bodywork around them where it is given.
  void wheels(float front_z, float rear_z, float half_track, float radius, float width,
              const Material* arch);
  /// A lamp at +x and one at -x, with their glow and the pool of light they throw.
  void headlights(float x, float y, float z, float half_x, float half_y);
  void taillights(float x, float y, float z, float half_x, float half_y);
  /// A pane inset in the quad `corner` (u along 0->1, v along 0->3), lifted off it.
  void pane(const Vec3 (&corner)[4], Vec3 outward, float u0, float u1, float v0, float v1,
            const Material* material, float bias = 0.002f);
  /// A row of upright panes on both vertical side walls at +x and -x, between z0 and z1.
  void side_panes(float x, float y0, float y1, float z0, float z1, int count,
                  const Material* material, float gap = 0.06f);
  void number_plates(float y, float front_z, float rear_z);

  Brush brush;
  const Material *paint, *glass, *dark, *trim, *chrome, *tyre, *rim, *plate, *head, *tail;

 private:
  /// Whether the lamp pointing forward (+1) or backward (-1) shines towards the camera.
  bool shines_at_camera(float direction) const;

  const ActorState& state_;
  const Atmosphere& air_;
  bool running_ = false;
};

void draw_car(VehiclePainter& painter, const Actor& actor);
void draw_van(VehiclePainter& painter, const Actor& actor);
void draw_truck(VehiclePainter& painter, const Actor& actor);
void draw_bus(VehiclePainter& painter, const Actor& actor, const Atmosphere& air);

}  // namespace sightline
