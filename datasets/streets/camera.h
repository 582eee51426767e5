#pragma once
#include "datasets/streets/drive.h"
#include "datasets/streets/vec3.h"

namespace sightline {

inline constexpr int kWidth_px = 960;
inline constexpr int kHeight_px = 540;
inline constexpr float kCameraHeight_m = 1.55f;

/// A pinhole camera at the ego car's windscreen. It always looks along the road; bends are drawn by
/// shifting the world sideways with the square of the distance, pitch and yaw by moving the
/// vanishing point.
struct Camera {
  float x = 0, s = 0, height = kCameraHeight_m;
  float bend = 0;  ///< half the road's curvature, 1/m
  float focal_px = 700;
  float vanish_x_px = kWidth_px / 2.0f, vanish_y_px = 252;

  /// Road coordinates (x, height above ground, s) to camera-relative ones.
  Vec3 to_camera(Vec3 p) const {
    const float z = p.z - s;
    return {p.x - x + bend * z * z, p.y - height, z};
  }
  float screen_x(Vec3 p) const { return vanish_x_px + focal_px * p.x / p.z; }
  float screen_y(Vec3 p) const { return vanish_y_px - focal_px * p.y / p.z; }
  /// The ray through a pixel at z = 1.
  Vec3 ray(float x_px, float y_px) const {
    return {(x_px - vanish_x_px) / focal_px, (vanish_y_px - y_px) / focal_px, 1};
  }
};

/// The camera of one frame, with the car's slight nodding and its gaze into bends.
Camera make_camera(const Drive& drive, const FrameState& frame);

}  // namespace sightline
