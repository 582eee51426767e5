#pragma once

#include <cstdint>
#include <vector>

#include "native/clip/rgb_image.h"

namespace sightline {

// How one axis of an image is resampled: output i is the sum over j < tap_counts[i] of
// input[first_taps[i] + j] * weights[i * tap_stride + j].
struct AxisPlan {
  uint32_t tap_stride = 0;
  std::vector<uint32_t> first_taps;  // [output_count]
  std::vector<uint32_t> tap_counts;  // [output_count]
  std::vector<int32_t> weights;  // [output_count, tap_stride], fixed point with 22 fraction bits
};

// Plans outputs [output_begin, output_begin + output_count) of the output_size pixels that the
// input range [begin, end) becomes, with Pillow's antialiased bicubic filter (a = -0.5, support
// 2 pixels of the coarser side; Pillow, src/libImaging/Resample.c). Pixels of [0, input_size)
// outside the range take part at its edges.
AxisPlan plan_bicubic_axis(uint32_t input_size, uint32_t begin, uint32_t end, uint32_t output_size,
                           uint32_t output_begin, uint32_t output_count);

// Applies the plans, horizontally and then vertically, rounding to 8 bits after each.
RgbImage resample(const RgbImage& image, const AxisPlan& x_plan, const AxisPlan& y_plan);

}  // namespace sightline
