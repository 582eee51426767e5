#include "native/clip/resample.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "native/clip/resample_kernels.h"

namespace sightline {
namespace {

double bicubic(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((kA + 2.0) * x - (kA + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * kA;
  return 0.0;
}

uint8_t round_to_byte(int32_t fixed) {
  return static_cast<uint8_t>(std::clamp(fixed >> kFractionBits, 0, 255));
}

struct Kernels {
  decltype(&resample_row_scalar) row = resample_row_scalar;
  decltype(&resample_column_scalar) column = resample_column_scalar;
};

Kernels best_kernels() {
#if defined(__x86_64__) || defined(__i386__)
  if (__builtin_cpu_supports("avx2")) return {resample_row_avx2, resample_column_avx2};
#endif
  return {};
}

}  // namespace

void resample_row_scalar(const uint8_t* row, const AxisPlan& plan, uint8_t* output) {
  for (size_t i = 0; i < plan.first_taps.size(); ++i) {
    const uint8_t* pixel = row + size_t{plan.first_taps[i]} * 3;
    const int32_t* weights = plan.weights.data() + i * plan.tap_stride;
    int32_t red = kHalf, green = kHalf, blue = kHalf;
    for (uint32_t j = 0; j < plan.tap_counts[i]; ++j, pixel += 3) {
      red += pixel[0] * weights[j];
      green += pixel[1] * weights[j];
      blue += pixel[2] * weights[j];
    }
    output[3 * i] = round_to_byte(red);
    output[3 * i + 1] = round_to_byte(green);
    output[3 * i + 2] = round_to_byte(blue);
  }
}

void resample_column_scalar(const uint8_t* rows, size_t byte_count, const int32_t* weights,
                            uint32_t tap_count, uint8_t* output) {
  std::vector<int32_t> sums(byte_count, kHalf);
  for (uint32_t j = 0; j < tap_count; ++j) {
    const uint8_t* row = rows + j * byte_count;
    const int32_t weight = weights[j];
    for (size_t x = 0; x < byte_count; ++x) sums[x] += row[x] * weight;
  }
  for (size_t x = 0; x < byte_count; ++x) output[x] = round_to_byte(sums[x]);
}

AxisPlan plan_bicubic_axis(uint32_t input_size, uint32_t begin, uint32_t end, uint32_t output_size,
                           uint32_t output_begin, uint32_t output_count) {
  const double scale = static_cast<double>(end - begin) / output_size;
  const double filter_scale = std::max(scale, 1.0);
  const double support = 2.0 * filter_scale;
  AxisPlan plan;
  plan.tap_stride = static_cast<uint32_t>(std::ceil(support)) * 2 + 1;
  plan.first_taps.resize(output_count);
  plan.tap_counts.resize(output_count);
  plan.weights.resize(size_t{output_count} * plan.tap_stride);
  std::vector<double> exact(plan.tap_stride);
  for (uint32_t i = 0; i < output_count; ++i) {
    const double centre = begin + (output_begin + i + 0.5) * scale;
    const auto first = static_cast<int64_t>(std::max(centre - support + 0.5, 0.0));
    const auto last = std::min(static_cast<int64_t>(centre + support + 0.5), int64_t{input_size});
    const auto tap_count = static_cast<uint32_t>(last - first);
    double sum = 0.0;
    for (uint32_t j = 0; j < tap_count; ++j) {
      exact[j] = bicubic((double(first + j) - centre + 0.5) * (1.0 / filter_scale));
      sum += exact[j];
    }
    int32_t* weights = plan.weights.data() + size_t{i} * plan.tap_stride;
    for (uint32_t j = 0; j < tap_count; ++j) {
      const double fixed = (sum != 0.0 ? exact[j] / sum : exact[j]) * (1 << kFractionBits);
      weights[j] = static_cast<int32_t>(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
    plan.first_taps[i] = static_cast<uint32_t>(first);
    plan.tap_counts[i] = tap_count;
  }
  return plan;
}

RgbImage resample(const RgbImage& image, const AxisPlan& x_plan, const AxisPlan& y_plan) {
  static const Kernels kernels = best_kernels();
  const size_t width = x_plan.first_taps.size(), height = y_plan.first_taps.size();
  const uint32_t first_row = y_plan.first_taps.front();
  const uint32_t last_row = y_plan.first_taps.back() + y_plan.tap_counts.back();
  const size_t row_bytes = width * 3;
  std::vector<uint8_t> narrowed((last_row - first_row) * row_bytes);
  for (uint32_t y = first_row; y < last_row; ++y) {
    // Wide kernels touch what lies behind a row, which must be another one.
    const auto row = y + 1 < last_row ? kernels.row : resample_row_scalar;
    row(image.pixels.data() + size_t{y} * image.width_px * 3, x_plan,
        narrowed.data() + (y - first_row) * row_bytes);
  }
  RgbImage output = {static_cast<uint32_t>(width), static_cast<uint32_t>(height), {}};
  output.pixels.resize(height * row_bytes);
  for (size_t y = 0; y < height; ++y) {
    kernels.column(narrowed.data() + (y_plan.first_taps[y] - first_row) * row_bytes, row_bytes,
                   y_plan.weights.data() + y * y_plan.tap_stride, y_plan.tap_counts[y],
                   output.pixels.data() + y * row_bytes);
  }
  return output;
}

}  // namespace sightline
