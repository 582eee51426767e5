#include "native/vectors/dot.h"

#include <cstring>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/native/vectors/clustered_vectors.h"

namespace sightline {
namespace {

using testing::TestRandom;

constexpr size_t kDims[] = {0, 1, 3, 15, 16, 17, 31, 32, 33, 47, 48, 63, 100, 511, 512, 513, 768};

std::vector<SimdLevel> available_levels() {
  std::vector<SimdLevel> levels;
  for (const auto level :
       {SimdLevel::kScalar, SimdLevel::kSse4, SimdLevel::kAvx2, SimdLevel::kWasm}) {
    if (simd_level_available(level)) levels.push_back(level);
  }
  return levels;
}

TEST_CASE("every float kernel gives the scalar kernel's bits on every dimension and alignment") {
  TestRandom random(1);
  for (const size_t dim : kDims) {
    for (const size_t shift : {0, 1, 3}) {
      std::vector<float> a(dim + shift);
      std::vector<float> b(dim + shift);
      for (float& value : a) value = random.normal() * 1000;
      for (float& value : b) value = random.normal() / 7;
      const float scalar =
          dot_kernels(SimdLevel::kScalar).dot_f32(a.data() + shift, b.data() + shift, dim);
      for (const auto level : available_levels()) {
        INFO(simd_level_name(level) << ", dimension " << dim);
        const float found = dot_kernels(level).dot_f32(a.data() + shift, b.data() + shift, dim);
        CHECK(std::memcmp(&found, &scalar, sizeof(float)) == 0);
      }
    }
  }
}

TEST_CASE("the float kernel adds products in sixteen lanes and then pairwise") {
  // 1 and -1 meet in lane 0 before the small product of lane 16 is added; summed in another order
  // the small product would be lost.
  std::vector<float> a(48, 0.0f);
  const std::vector<float> b(48, 1.0f);
  a[0] = 1e8f, a[16] = -1e8f, a[32] = 1;
  CHECK(dot_f32(a.data(), b.data(), a.size()) == 1.0f);
  a[16] = 1, a[32] = -1e8f;
  CHECK(dot_f32(a.data(), b.data(), a.size()) == 0.0f);
  a[16] = 0, a[17] = 1;
  CHECK(dot_f32(a.data(), b.data(), a.size()) == 1.0f);
}

TEST_CASE("every integer kernel gives the exact sum, also for the largest queries") {
  TestRandom random(2);
  for (const size_t dim : kDims) {
    std::vector<int16_t> query(dim + 1);
    std::vector<int8_t> code(dim + 1);
    std::vector<uint8_t> nibbles((dim + 31) / 32 * 16 + 1);
    for (auto& value : query) value = static_cast<int16_t>(random.below(2601)) - 1300;
    for (auto& value : code) value = static_cast<int8_t>(static_cast<int>(random.below(256)) - 128);
    for (auto& value : nibbles) value = static_cast<uint8_t>(random.below(256));
    if (dim > 2) query[1] = 32767, query[2] = -32767, code[1] = -128, code[2] = -128;
    int64_t code_sum = 0;
    int64_t nibble_sum = 0;
    for (size_t i = 0; i < dim; ++i) {
      const uint8_t pair = nibbles[1 + i / 32 * 16 + i % 16];
      code_sum += int64_t{query[i]} * code[i];
      nibble_sum += int64_t{query[i]} * (i % 32 < 16 ? pair % 16 : pair / 16);
    }
    for (const auto level : available_levels()) {
      INFO(simd_level_name(level) << ", dimension " << dim);
      CHECK(dot_kernels(level).dot_i16_i8(query.data(), code.data(), dim) == code_sum);
      CHECK(dot_kernels(level).dot_i16_u4(query.data(), nibbles.data() + 1, dim) == nibble_sum);
    }
  }
}

TEST_CASE("the best kernels are those of the named level") {
  CHECK(simd_level_available(SimdLevel::kScalar));
  bool named = false;
  for (const auto level : available_levels()) {
    if (std::string(simd_level_name()) != simd_level_name(level)) continue;
    named = true;
    CHECK(&best_dot_kernels() == &dot_kernels(level));
  }
  CHECK(named);
#if defined(__wasm_simd128__)
  CHECK(std::string(simd_level_name()) == "wasm-simd128");
#endif
}

}  // namespace
}  // namespace sightline
