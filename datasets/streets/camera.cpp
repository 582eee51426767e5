#include "datasets/streets/camera.h"

#include <cmath>

namespace sightline {

Camera make_camera(const Drive& drive, const FrameState& frame) {
  Camera camera;
  const float phase = static_cast<float>(drive.seed % 628) * 0.01f;
  camera.x = frame.ego.x + 0.06f * std::sin(phase + frame.ego.s * 0.05f);
  camera.s = frame.ego.s;
  camera.bend = frame.ego.curvature * 0.5f;
  camera.vanish_x_px += 2.5f * std::sin(phase + frame.ego.s * 0.07f) - frame.ego.curvature * 9000;
  camera.vanish_y_px +=
      1.2f * std::sin(phase * 3 + frame.ego.s * 0.9f) + 1.6f * frame.ego.acceleration;
  return camera;
}

}  // namespace sightline
