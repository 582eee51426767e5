#include "native/clip/matrix_kernels.h"

#include <initializer_list>

#if defined(__x86_64__) || defined(__i386__)
#define SIGHTLINE_X86 1
#endif

namespace sightline {
namespace {

void expand_u4_scalar(const uint8_t* nibbles, const uint8_t* scales, size_t block_count,
                      int16_t* weights) {
  for (size_t block = 0; block < block_count; ++block) {
    const int scale = scales[block];
    for (size_t j = 0; j < kMatrixBlock / 2; ++j) {
      const int pair = nibbles[block * (kMatrixBlock / 2) + j];
      int16_t* to = weights + block * kMatrixBlock + j;
      to[0] = static_cast<int16_t>(((pair & 15) - 8) * scale);
      to[kMatrixBlock / 2] = static_cast<int16_t>(((pair >> 4) - 8) * scale);
    }
  }
}

void expand_i8_scalar(const int8_t* codes, size_t count, int16_t* weights) {
  for (size_t i = 0; i < count; ++i) weights[i] = codes[i];
}

void multiply_rows_scalar(const int16_t* weights, const int16_t* inputs, size_t input_count,
                          size_t columns, int32_t* sums) {
  for (size_t t = 0; t < input_count; ++t) {
    for (size_t row = 0; row < kMatrixRows; ++row) {
      uint32_t sum = 0;
      for (size_t i = 0; i < columns; ++i) {
        sum += static_cast<uint32_t>(int32_t{weights[row * columns + i]} * inputs[t * columns + i]);
      }
      sums[t * kMatrixRows + row] = static_cast<int32_t>(sum);
    }
  }
}

constexpr MatrixKernels kScalarMatrixKernels = {expand_u4_scalar, expand_i8_scalar,
                                                multiply_rows_scalar};

const MatrixKernels& choose_kernels() {
  for (const auto level :
       {MatrixSimd::kWasm, MatrixSimd::kAvx512, MatrixSimd::kAvx2, MatrixSimd::kSse4}) {
    if (const auto* kernels = matrix_kernels(level)) return *kernels;
  }
  return kScalarMatrixKernels;
}

}  // namespace

const MatrixKernels* matrix_kernels(MatrixSimd level) {
  switch (level) {
    case MatrixSimd::kScalar:
      return &kScalarMatrixKernels;
#if defined(SIGHTLINE_X86)
    case MatrixSimd::kSse4:
      return __builtin_cpu_supports("sse4.1") ? &kSse4MatrixKernels : nullptr;
    case MatrixSimd::kAvx2:
      return __builtin_cpu_supports("avx2") ? &kAvx2MatrixKernels : nullptr;
    case MatrixSimd::kAvx512:
      return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                     __builtin_cpu_supports("avx512vnni")
                 ? &kAvx512MatrixKernels
                 : nullptr;
#elif defined(__wasm_simd128__)
    case MatrixSimd::kWasm:
      return &kWasmMatrixKernels;
#endif
    default:
      return nullptr;
  }
}

const MatrixKernels& best_matrix_kernels() {
  static const MatrixKernels& kernels = choose_kernels();
  return kernels;
}

}  // namespace sightline
