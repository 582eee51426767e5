#include "native/vectors/dot.h"

#include <initializer_list>

#include "native/vectors/dot_lanes.h"

#if defined(__x86_64__) || defined(__i386__)
#define SIGHTLINE_X86 1
#endif

namespace sightline {
namespace {

float dot_f32_scalar(const float* a, const float* b, size_t dim) {
  float lanes[kDotLanes] = {};
  size_t begin = 0;
  for (; begin + kDotLanes <= dim; begin += kDotLanes) {
    for (size_t lane = 0; lane < kDotLanes; ++lane)
      lanes[lane] += a[begin + lane] * b[begin + lane];
  }
  return finish_lanes(lanes, a, b, begin, dim);
}

int32_t dot_i16_i8_scalar(const int16_t* query, const int8_t* code, size_t dim) {
  return finish_dot(0, query, code, 0, dim);
}

int32_t dot_i16_u4_scalar(const int16_t* query, const uint8_t* nibbles, size_t dim) {
  return finish_nibbles(0, query, nibbles, 0, dim);
}

constexpr DotKernels kScalarDotKernels = {dot_f32_scalar, dot_i16_i8_scalar, dot_i16_u4_scalar};

const DotKernels* kernels_or_null(SimdLevel level) {
  switch (level) {
    case SimdLevel::kScalar:
      return &kScalarDotKernels;
#if defined(SIGHTLINE_X86)
    case SimdLevel::kSse4:
      return __builtin_cpu_supports("sse4.1") ? &kSse4DotKernels : nullptr;
    case SimdLevel::kAvx2:
      return __builtin_cpu_supports("avx2") ? &kAvx2DotKernels : nullptr;
#elif defined(__wasm_simd128__)
    case SimdLevel::kWasm:
      return &kWasmDotKernels;
#endif
    default:
      return nullptr;
  }
}

SimdLevel choose_level() {
  for (const auto level : {SimdLevel::kWasm, SimdLevel::kAvx2, SimdLevel::kSse4}) {
    if (kernels_or_null(level) != nullptr) return level;
  }
  return SimdLevel::kScalar;
}

SimdLevel best_level() {
  static const SimdLevel level = choose_level();
  return level;
}

}  // namespace

bool simd_level_available(SimdLevel level) { return kernels_or_null(level) != nullptr; }

const DotKernels& dot_kernels(SimdLevel level) {
  const DotKernels* kernels = kernels_or_null(level);
  return kernels != nullptr ? *kernels : kScalarDotKernels;
}

const DotKernels& best_dot_kernels() {
  static const DotKernels& kernels = dot_kernels(best_level());
  return kernels;
}

const char* simd_level_name() { return simd_level_name(best_level()); }

const char* simd_level_name(SimdLevel level) {
  switch (level) {
    case SimdLevel::kScalar:
      return "scalar";
    case SimdLevel::kSse4:
      return "sse4.1";
    case SimdLevel::kAvx2:
      return "avx2";
    case SimdLevel::kWasm:
      return "wasm-simd128";
  }
  return "unknown";
}

float dot_f32(const float* a, const float* b, size_t dim) {
  return best_dot_kernels().dot_f32(a, b, dim);
}

int32_t dot_i16_i8(const int16_t* query, const int8_t* code, size_t dim) {
  return best_dot_kernels().dot_i16_i8(query, code, dim);
}

}  // namespace sightline
