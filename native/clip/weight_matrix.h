#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"
#include "native/base/result.h"
#include "native/clip/matrix_kernels.h"

namespace sightline {

enum class WeightFormat : uint8_t {
  kFloat = 0,  // the reference; never in files
  kFourBit = 4,
  kEightBit = 8,
};

// The weights of a linear layer, y = W x + bias.
//
// A packed weight is code * row_scale, times the scale of its block of 32 columns where codes have
// four bits. An input is rounded to int16 in [-input_max, input_max] with one scale for all its
// values; input_max is such that no inner product with a row leaves int32.
struct WeightMatrix {
  WeightFormat format = WeightFormat::kFloat;
  uint32_t row_count = 0;     // outputs
  uint32_t column_count = 0;  // inputs; packed matrices have a multiple of 32
  uint16_t input_max = 0;
  std::vector<float> row_scales;      // [row_count]
  std::vector<float> bias;            // [row_count]; values of half precision where packed
  std::vector<uint8_t> block_scales;  // four bits: [row_count, column_count / 32]
  std::vector<uint8_t> codes;         // four bits: [row_count, column_count / 2] nibbles, code + 8;
                                      // eight: [row_count, column_count] int8
  std::vector<float> weights;         // kFloat: [row_count, column_count], row-major
};

// outputs [input_count, row_count] from inputs [input_count, columns]: rows [first_row,
// first_row + row_count) of the matrix only. Packed products are the same on every target and
// with every kernel table.
struct RowRange {
  uint32_t first = 0;
  uint32_t count = 0;
};
void multiply(const WeightMatrix& matrix, RowRange rows, std::span<const float> inputs,
              size_t input_count, std::span<float> outputs,
              const MatrixKernels& kernels = best_matrix_kernels());

// Packs float weights. importance [column_count] weighs the error of each column (the mean square
// of what it is multiplied with); empty: all alike. Requires a multiple of 32 columns.
WeightMatrix pack_matrix(const WeightMatrix& source, WeightFormat format,
                         std::span<const float> importance);

// The bytes of a packed matrix (FORMAT.md, section 15), and back. Errors: kCorrupt, naming it.
void write_matrix(ByteWriter& writer, const WeightMatrix& matrix);
Result<WeightMatrix> read_matrix(ByteReader& reader, const char* name, uint32_t row_count,
                                 uint32_t column_count);

}  // namespace sightline
