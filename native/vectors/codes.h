#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"
#include "native/base/result.h"

namespace sightline {

// The widest vectors the core takes; leaves every value of a query code room within its sum.
inline constexpr size_t kMaxVectorDim = 4096;

// Per-dimension scalar quantisation in two tiers: value ~ offset[i] + step[i] * fine / 16, where
// fine = 16 * code + nibble - 8. The code, [-127, 127], is searched; the nibble, [0, 15], refines
// what the search found and may be left out.
struct CodeParameters {
  std::vector<float> offset;  // [dim]
  std::vector<float> step;    // [dim], >= 0

  size_t dim() const { return offset.size(); }
};

// Bytes of one row's nibbles: blocks of 32 dimensions in 16 bytes (see DotKernels::dot_i16_u4).
constexpr size_t refinement_bytes(size_t dim) { return (dim + 31) / 32 * 16; }

// Parameters that cover the values seen in each dimension. rows: [n, dim] float32, row-major,
// finite; n = 0 gives zeros. The result is a function of the rows alone.
CodeParameters fit_codes(std::span<const float> rows, size_t dim);

// row: [dim] float32 -> code: [dim] int8 and, unless the span is empty, refinement:
// [refinement_bytes(dim)]. Values outside the fitted range are clamped.
void encode_row(const CodeParameters& parameters, std::span<const float> row,
                std::span<int8_t> code, std::span<uint8_t> refinement = {});

// The row a code stands for, [dim] float32: within 17/32 of a step of what was encoded, with
// its refinement within 1/32.
void decode_row(const CodeParameters& parameters, std::span<const int8_t> code,
                std::span<float> row, std::span<const uint8_t> refinement = {});

// A query rounded once to int16; all that follows is integer arithmetic until similarity().
struct QueryCode {
  std::vector<int16_t> values;  // [dim]
  int32_t value_sum = 0;        // of values
  int32_t value_span = 0;       // of |values|, at most 1,000,000: no sum over codes overflows
  double scale = 0;
  double bias = 0;

  // The approximate inner product of query and row. fine_dot = -distance, the sum of
  // values[i] * fine[i] over the row's code.
  double similarity(int32_t fine_dot) const { return bias + scale * fine_dot; }
};

// query: [dim] float32. Refuses (kInvalidArgument) another dimension and NaN or infinite values.
// The result is a function of the bytes of its arguments, equal on all targets.
Result<QueryCode> encode_query(const CodeParameters& parameters, std::span<const float> query);

// Bytes: offset [dim] float32, step [dim] float32 (native/FORMAT.md, code parameters).
void write_code_parameters(ByteWriter& writer, const CodeParameters& parameters);
Result<CodeParameters> read_code_parameters(ByteReader& reader, size_t dim);

}  // namespace sightline
