#pragma once
#include <algorithm>
#include <cmath>

namespace sightline {

/// A point, direction (metres; x right, y up, z forward) or linear-light colour.
struct Vec3 {
  float x = 0, y = 0, z = 0;
};
using Rgb = Vec3;

inline Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vec3 operator*(Vec3 a, Vec3 b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
inline Vec3 operator*(Vec3 a, float k) { return {a.x * k, a.y * k, a.z * k}; }
inline Vec3& operator+=(Vec3& a, Vec3 b) { return a = a + b; }
inline float dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline float length(Vec3 a) { return std::sqrt(dot(a, a)); }
inline Vec3 normalized(Vec3 a) {
  const float squared = dot(a, a);
  return squared > 1e-20f ? a * (1.0f / std::sqrt(squared)) : Vec3{0, 1, 0};
}
inline float clamp01(float v) { return v < 0 ? 0 : v > 1 ? 1 : v; }
/// std::floor without the library call.
inline float floor_of(float v) {
  const auto whole = static_cast<float>(static_cast<int>(v));
  return whole > v ? whole - 1 : whole;
}
inline float lerp(float a, float b, float t) { return a + (b - a) * t; }
inline Vec3 lerp(Vec3 a, Vec3 b, float t) { return a + (b - a) * t; }
inline float smoothstep(float lo, float hi, float v) {
  const float t = clamp01((v - lo) / (hi - lo));
  return t * t * (3 - 2 * t);
}
/// Turns a model-space direction by `heading` radians about the vertical; 0 faces +z, positive
/// turns right.
inline Vec3 turned(Vec3 v, float cosine, float sine) {
  return {v.x * cosine + v.z * sine, v.y, v.z * cosine - v.x * sine};
}

}  // namespace sightline
