#include "datasets/streets/rasteriser.h"

#include <algorithm>
#include <cmath>

namespace sightline {
namespace {

/// Calls `span(y, x_begin, x_end)` for the rows of samples whose centres the convex polygon covers.
template <class Span>
void for_each_span(const Surface& surface, int width, int height, float scale, Span span) {
  float top = 1e9f, bottom = -1e9f;
  for (int i = 0; i < surface.corners; ++i) {
    top = std::min(top, surface.y_px[i]);
    bottom = std::max(bottom, surface.y_px[i]);
  }
  const int y_begin = std::max(0, static_cast<int>(std::ceil(std::max(top * scale, -1.0f) - 0.5f)));
  const int y_end =
      std::min(height, static_cast<int>(std::ceil(std::min(bottom * scale, height + 1.0f) - 0.5f)));
  if (y_begin >= y_end) return;
  struct Edge {
    float top, bottom, x, slope;
  } edges[Surface::kMaxCorners];
  int count = 0;
  for (int i = 0, j = surface.corners - 1; i < surface.corners; j = i++) {
    const int upper = surface.y_px[j] < surface.y_px[i] ? j : i, lower = upper == j ? i : j;
    const float rise = surface.y_px[lower] - surface.y_px[upper];
    if (rise <= 0) continue;
    const float slope = (surface.x_px[lower] - surface.x_px[upper]) / rise;
    edges[count++] = {surface.y_px[upper], surface.y_px[lower], surface.x_px[upper], slope};
  }
  const float limit = static_cast<float>(width), per_scale = 1 / scale;
  for (int y = y_begin; y < y_end; ++y) {
    const float at = (static_cast<float>(y) + 0.5f) * per_scale;
    float left = 1e9f, right = -1e9f;
    for (int i = 0; i < count; ++i) {
      const Edge& edge = edges[i];
      if (at <= edge.top || at > edge.bottom) continue;
      const float x = edge.x + edge.slope * (at - edge.top);
      left = std::min(left, x);
      right = std::max(right, x);
    }
    if (right <= left) continue;
    const int x_begin = static_cast<int>(std::clamp(left * scale + 0.5f, 0.0f, limit));
    const int x_end = static_cast<int>(std::clamp(right * scale + 0.5f, 0.0f, limit));
    if (x_begin < x_end) span(y, x_begin, x_end);
  }
}

}  // namespace

VisibilityBuffer::VisibilityBuffer(int width, int height, float scale)
    : width_(width),
      height_(height),
      scale_(scale),
      inverse_depths_(static_cast<size_t>(width) * static_cast<size_t>(height)),
      ids_(inverse_depths_.size()) {}

void VisibilityBuffer::clear() {
  std::fill(inverse_depths_.begin(), inverse_depths_.end(), 0.0f);
  std::fill(ids_.begin(), ids_.end(), kNothing);
}

void VisibilityBuffer::draw(const Surface& surface, uint16_t id) {
  const float lift = 1 + surface.depth_bias;
  const float step = surface.inverse_depth_dx / scale_ * lift;
  for_each_span(surface, width_, height_, scale_, [&](int y, int x_begin, int x_end) {
    const float start =
        (surface.inverse_depth +
         surface.inverse_depth_dy * ((static_cast<float>(y) + 0.5f) / scale_) +
         surface.inverse_depth_dx * ((static_cast<float>(x_begin) + 0.5f) / scale_)) *
        lift;
    const size_t row =
        static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x_begin);
    float* depth = inverse_depths_.data() + row;
    uint16_t* ids = ids_.data() + row;
    for (int i = 0; i < x_end - x_begin; ++i) {
      const float here = start + step * static_cast<float>(i);
      const bool nearer = here > depth[i];
      depth[i] = nearer ? here : depth[i];
      ids[i] = nearer ? id : ids[i];
    }
  });
}

SilhouetteMeter::SilhouetteMeter(int width, int height, float scale)
    : width_(width),
      height_(height),
      scale_(scale),
      stamps_(static_cast<size_t>(width) * static_cast<size_t>(height)) {}

void SilhouetteMeter::begin() {
  if (++stamp_ == 0) {
    std::fill(stamps_.begin(), stamps_.end(), static_cast<uint16_t>(0));
    stamp_ = 1;
  }
  x0_ = width_, y0_ = height_, x1_ = 0, y1_ = 0, samples_ = 0;
}

void SilhouetteMeter::add(const Surface& surface) {
  for_each_span(surface, width_, height_, scale_, [&](int y, int x_begin, int x_end) {
    uint16_t* row = stamps_.data() + static_cast<size_t>(y) * static_cast<size_t>(width_);
    for (int x = x_begin; x < x_end; ++x) {
      samples_ += row[x] != stamp_;
      row[x] = stamp_;
    }
    x0_ = std::min(x0_, x_begin), x1_ = std::max(x1_, x_end);
    y0_ = std::min(y0_, y), y1_ = std::max(y1_, y + 1);
  });
}

Silhouette SilhouetteMeter::result() const {
  if (samples_ == 0) return {};
  return {static_cast<float>(x0_) / scale_, static_cast<float>(y0_) / scale_,
          static_cast<float>(x1_) / scale_, static_cast<float>(y1_) / scale_, samples_};
}

}  // namespace sightline
