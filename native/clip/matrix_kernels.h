#pragma once

#include <cstddef>
#include <cstdint>

namespace sightline {

// The instruction sets a kernel table is written for; kAvx512 has VNNI.
enum class MatrixSimd : uint8_t { kScalar, kSse4, kAvx2, kAvx512, kWasm };

// Weights and inputs come in blocks of this many columns.
inline constexpr size_t kMatrixBlock = 32;
// Rows that multiply_rows takes together.
inline constexpr size_t kMatrixRows = 4;

// The integer parts of a matrix product. Every table gives the same integers.
struct MatrixKernels {
  // weights [32 * block_count]: (nibble - 8) * scale of its block. nibbles: 16 bytes a block, byte
  // j holds weight j in its low and 16 + j in its high half.
  void (*expand_u4)(const uint8_t* nibbles, const uint8_t* scales, size_t block_count,
                    int16_t* weights);
  // weights [count]: the codes, widened. count is a multiple of 32.
  void (*expand_i8)(const int8_t* codes, size_t count, int16_t* weights);
  // sums [input_count, 4]: inner products modulo 2^32 of inputs [input_count, columns] with
  // weights [4, columns]. columns is a multiple of 32.
  void (*multiply_rows)(const int16_t* weights, const int16_t* inputs, size_t input_count,
                        size_t columns, int32_t* sums);
};

// The level's kernels, or null where this build or processor has none.
const MatrixKernels* matrix_kernels(MatrixSimd level);

// The widest available kernels, chosen once.
const MatrixKernels& best_matrix_kernels();

// Defined where the target has the instruction set; see matrix_kernels.cpp.
extern const MatrixKernels kSse4MatrixKernels;
extern const MatrixKernels kAvx2MatrixKernels;
extern const MatrixKernels kAvx512MatrixKernels;
extern const MatrixKernels kWasmMatrixKernels;

}  // namespace sightline
