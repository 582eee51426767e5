#include "native/clip/weight_matrix.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "native/base/half.h"
#include "native/clip/portable_math.h"

namespace sightline {
namespace {

void multiply_floats(const WeightMatrix& matrix, RowRange rows, std::span<const float> inputs,
                     size_t input_count, std::span<float> outputs) {
  const size_t columns = matrix.column_count;
  for (uint32_t row = 0; row < rows.count; ++row) {
    const float* weights = matrix.weights.data() + (rows.first + row) * columns;
    for (size_t t = 0; t < input_count; ++t) {
      const float* input = inputs.data() + t * columns;
      const float sum = sum_in_lanes(columns, [&](size_t i) { return weights[i] * input[i]; });
      outputs[t * rows.count + row] = sum + matrix.bias[rows.first + row];
    }
  }
}

// codes: [input.size()]; returns the scale that turns codes into values. Every value ends in
// [-max, max], also one that is not a number.
float round_input(std::span<const float> input, float max, int16_t* codes) {
  float largest = 0;
  for (const float value : input) {
    const float magnitude = value < 0 ? -value : value;
    largest = magnitude > largest ? magnitude : largest;
  }
  const float inverse = largest > 0 ? max / largest : 0.0f;
  for (size_t i = 0; i < input.size(); ++i) {
    float value = input[i] * inverse;
    value = value < max ? value : max;
    value = value > -max ? value : -max;
    codes[i] = static_cast<int16_t>(shifted_integer(value + kRoundingShift));
  }
  return largest / max;
}

void expand_row(const WeightMatrix& matrix, uint32_t row, const MatrixKernels& kernels,
                int16_t* weights) {
  const size_t columns = matrix.column_count;
  if (matrix.format == WeightFormat::kEightBit) {
    const auto* codes = reinterpret_cast<const int8_t*>(matrix.codes.data());
    kernels.expand_i8(codes + row * columns, columns, weights);
    return;
  }
  const size_t blocks = columns / kMatrixBlock;
  kernels.expand_u4(matrix.codes.data() + row * (columns / 2),
                    matrix.block_scales.data() + row * blocks, blocks, weights);
}

}  // namespace

void multiply(const WeightMatrix& matrix, RowRange rows, std::span<const float> inputs,
              size_t input_count, std::span<float> outputs, const MatrixKernels& kernels) {
  if (matrix.format == WeightFormat::kFloat) {
    return multiply_floats(matrix, rows, inputs, input_count, outputs);
  }
  const size_t columns = matrix.column_count;
  std::vector<int16_t> codes(input_count * columns);
  std::vector<float> input_scales(input_count);
  for (size_t t = 0; t < input_count; ++t) {
    input_scales[t] = round_input(inputs.subspan(t * columns, columns), matrix.input_max,
                                  codes.data() + t * columns);
  }
  std::vector<int16_t> weights(kMatrixRows * columns);
  std::vector<int32_t> sums(kMatrixRows * input_count);
  for (uint32_t begin = 0; begin < rows.count; begin += kMatrixRows) {
    const uint32_t count = std::min<uint32_t>(kMatrixRows, rows.count - begin);
    for (uint32_t i = 0; i < count; ++i) {
      expand_row(matrix, rows.first + begin + i, kernels, weights.data() + i * columns);
    }
    kernels.multiply_rows(weights.data(), codes.data(), input_count, columns, sums.data());
    for (size_t t = 0; t < input_count; ++t) {
      for (uint32_t i = 0; i < count; ++i) {
        const uint32_t row = rows.first + begin + i;
        const float scale = matrix.row_scales[row] * input_scales[t];
        outputs[t * rows.count + begin + i] =
            static_cast<float>(sums[t * kMatrixRows + i]) * scale + matrix.bias[row];
      }
    }
  }
}

void write_matrix(ByteWriter& writer, const WeightMatrix& matrix) {
  writer.write(static_cast<uint8_t>(matrix.format));
  writer.write(uint8_t{0});
  writer.write(matrix.input_max);
  writer.write(matrix.row_count);
  writer.write(matrix.column_count);
  writer.write_array<float>(matrix.row_scales);
  for (const float value : matrix.bias) writer.write(float_to_half(value));
  writer.write_bytes(matrix.block_scales);
  writer.write_bytes(matrix.codes);
}

Result<WeightMatrix> read_matrix(ByteReader& reader, const char* name, uint32_t row_count,
                                 uint32_t column_count) {
  WeightMatrix matrix;
  const auto format = reader.read<uint8_t>();
  reader.read<uint8_t>();
  matrix.input_max = reader.read<uint16_t>();
  matrix.row_count = reader.read<uint32_t>();
  matrix.column_count = reader.read<uint32_t>();
  const std::string what = std::string("matrix '") + name + "': ";
  if (!reader.ok()) return corrupt(what + "the bytes end before it");
  if (matrix.row_count != row_count || matrix.column_count != column_count) {
    return corrupt(what + std::to_string(matrix.row_count) + " x " +
                   std::to_string(matrix.column_count) + " weights, expected " +
                   std::to_string(row_count) + " x " + std::to_string(column_count));
  }
  if (format != static_cast<uint8_t>(WeightFormat::kFourBit) &&
      format != static_cast<uint8_t>(WeightFormat::kEightBit)) {
    return unsupported(what + std::to_string(format) + " bits a weight, this reader knows 4 and 8");
  }
  matrix.format = static_cast<WeightFormat>(format);
  if (matrix.input_max == 0 || matrix.input_max > INT16_MAX) {
    return corrupt(what + "inputs up to " + std::to_string(matrix.input_max) +
                   ", expected 1 to 32767");
  }
  const size_t weight_count = size_t{row_count} * column_count;
  const bool four_bits = matrix.format == WeightFormat::kFourBit;
  matrix.row_scales = reader.read_array<float>(row_count);
  const auto bias = reader.read_array<uint16_t>(row_count);
  if (four_bits) matrix.block_scales = reader.read_array<uint8_t>(weight_count / kMatrixBlock);
  matrix.codes = reader.read_array<uint8_t>(four_bits ? weight_count / 2 : weight_count);
  if (!reader.ok()) return corrupt(what + "the bytes end inside it");
  for (const uint16_t half : bias) matrix.bias.push_back(half_to_float(half));
  for (const auto* values : {&matrix.row_scales, &matrix.bias}) {
    if (!std::all_of(values->begin(), values->end(), [](float v) { return std::isfinite(v); })) {
      return corrupt(what + "a scale or bias is not finite");
    }
  }
  return matrix;
}

}  // namespace sightline
