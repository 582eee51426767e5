#pragma once
#include <cstdint>
#include <vector>

#include "datasets/streets/surface.h"

namespace sightline {

/// The nearest surface at each sample. With `samples_per_px` 2 every pixel has 2x2 samples.
class VisibilityBuffer {
 public:
  static constexpr uint16_t kNothing = 0;

  /// [height, width] samples for a `scale` of samples per pixel along each axis.
  VisibilityBuffer(int width, int height, float scale);

  void clear();
  /// Draws `surface` under the number `id` (not 0) wherever it is nearest.
  void draw(const Surface& surface, uint16_t id);

  int width() const { return width_; }
  int height() const { return height_; }
  float scale() const { return scale_; }
  const uint16_t* ids(int row) const {
    return ids_.data() + static_cast<size_t>(row) * static_cast<size_t>(width_);
  }
  float inverse_depth(int x, int y) const {
    return inverse_depths_[static_cast<size_t>(y) * static_cast<size_t>(width_) +
                           static_cast<size_t>(x)];
  }

 private:
  int width_, height_;
  float scale_;
  std::vector<float> inverse_depths_;
  std::vector<uint16_t> ids_;
};

/// The part of an object inside the frame, whatever stands before it. Pixels, half-open.
struct Silhouette {
  float x0 = 1e9f, y0 = 1e9f, x1 = -1e9f, y1 = -1e9f;
  int samples = 0;
};

/// Measures unions of surfaces on the sample grid of a buffer of the same size.
class SilhouetteMeter {
 public:
  SilhouetteMeter(int width, int height, float scale);
  void begin();
  void add(const Surface& surface);
  Silhouette result() const;

 private:
  int width_, height_;
  float scale_;
  uint16_t stamp_ = 0;
  int x0_ = 0, y0_ = 0, x1_ = 0, y1_ = 0, samples_ = 0;
  std::vector<uint16_t> stamps_;
};

}  // namespace sightline
