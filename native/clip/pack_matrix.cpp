#include <algorithm>
#include <cmath>

#include "native/base/half.h"
#include "native/clip/weight_matrix.h"

namespace sightline {
namespace {

constexpr float kLargestBlockScale = 255;

// Half away from zero. |weight / scale| is below 1,000 wherever this is called.
int to_code(float weight, float scale, int smallest, int largest) {
  const float ratio = weight / scale;
  return std::clamp(static_cast<int>(ratio + (ratio < 0 ? -0.5f : 0.5f)), smallest, largest);
}

// The step of four-bit codes that leaves the least weighted square error in a block.
float best_step(std::span<const float> weights, std::span<const float> importance) {
  float largest = 0;
  for (const float weight : weights) largest = std::max(largest, std::abs(weight));
  float best = largest / 7;
  double least = -1;
  // Around largest / 7: smaller steps clip the extremes, larger ones use the eighth negative code.
  for (float divisor = 5.0f; divisor <= 9.5f && largest > 0; divisor += 0.25f) {
    const float step = largest / divisor;
    double error = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      const double miss = weights[i] - step * to_code(weights[i], step, -8, 7);
      error += miss * miss * (importance.empty() ? 1.0 : importance[i]);
    }
    if (least >= 0 && error >= least) continue;
    least = error;
    best = step;
  }
  return best;
}

void pack_row_u4(std::span<const float> row, std::span<const float> importance, uint32_t r,
                 WeightMatrix& packed) {
  std::vector<float> steps;
  for (size_t begin = 0; begin < row.size(); begin += kMatrixBlock) {
    const auto part = importance.empty() ? importance : importance.subspan(begin, kMatrixBlock);
    steps.push_back(best_step(row.subspan(begin, kMatrixBlock), part));
  }
  const float row_scale = *std::max_element(steps.begin(), steps.end()) / kLargestBlockScale;
  packed.row_scales[r] = row_scale;
  for (size_t block = 0; block < steps.size(); ++block) {
    const auto scale = static_cast<uint8_t>(
        row_scale > 0 ? std::max(1, to_code(steps[block], row_scale, 0, 255)) : 0);
    packed.block_scales.push_back(scale);
    const auto code = [&](size_t i) {
      const float step = row_scale * scale;
      return step > 0 ? to_code(row[block * kMatrixBlock + i], step, -8, 7) + 8 : 8;
    };
    for (size_t j = 0; j < kMatrixBlock / 2; ++j) {
      packed.codes.push_back(static_cast<uint8_t>(code(j) | code(kMatrixBlock / 2 + j) << 4));
    }
  }
}

void pack_row_i8(std::span<const float> row, uint32_t r, WeightMatrix& packed) {
  float largest = 0;
  for (const float weight : row) largest = std::max(largest, std::abs(weight));
  const float scale = largest / 127;
  packed.row_scales[r] = scale;
  for (const float weight : row) {
    const int code = scale > 0 ? to_code(weight, scale, -127, 127) : 0;
    packed.codes.push_back(static_cast<uint8_t>(static_cast<int8_t>(code)));
  }
}

// The largest input with which no inner product leaves int32.
uint16_t largest_input(const WeightMatrix& packed) {
  const MatrixKernels& kernels = *matrix_kernels(MatrixSimd::kScalar);
  const size_t columns = packed.column_count;
  const size_t blocks = columns / kMatrixBlock;
  std::vector<int16_t> weights(columns);
  int64_t largest = 1;
  for (size_t row = 0; row < packed.row_count; ++row) {
    if (packed.format == WeightFormat::kFourBit) {
      kernels.expand_u4(packed.codes.data() + row * columns / 2,
                        packed.block_scales.data() + row * blocks, blocks, weights.data());
    } else {
      kernels.expand_i8(reinterpret_cast<const int8_t*>(packed.codes.data()) + row * columns,
                        columns, weights.data());
    }
    int64_t sum = 0;
    for (const int16_t weight : weights) sum += std::abs(int64_t{weight});
    largest = std::max(largest, sum);
  }
  return static_cast<uint16_t>(std::clamp<int64_t>(INT32_MAX / largest, 1, INT16_MAX));
}

}  // namespace

WeightMatrix pack_matrix(const WeightMatrix& source, WeightFormat format,
                         std::span<const float> importance) {
  WeightMatrix packed;
  packed.format = format;
  packed.row_count = source.row_count;
  packed.column_count = source.column_count;
  packed.row_scales.resize(source.row_count);
  for (const float value : source.bias) packed.bias.push_back(half_to_float(float_to_half(value)));
  const size_t columns = source.column_count;
  for (uint32_t row = 0; row < source.row_count; ++row) {
    const auto weights = std::span(source.weights).subspan(row * columns, columns);
    if (format == WeightFormat::kFourBit) {
      pack_row_u4(weights, importance, row, packed);
    } else {
      pack_row_i8(weights, row, packed);
    }
  }
  packed.input_max = largest_input(packed);
  return packed;
}

}  // namespace sightline
