#include "native/clip/text_tower.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "native/base/sha256.h"
#include "native/clip/portable_math.h"
#include "tests/native/clip/small_tower.h"

using namespace sightline;
using namespace sightline::testing;

namespace {

constexpr MatrixSimd kLevels[] = {MatrixSimd::kScalar, MatrixSimd::kSse4, MatrixSimd::kAvx2,
                                  MatrixSimd::kAvx512, MatrixSimd::kWasm};

std::vector<float> embed(const SmallTower& tower, std::span<const uint32_t> ids,
                         const MatrixKernels& kernels = best_matrix_kernels()) {
  const auto meaningful = meaningful_ids(tower.shape, ids);
  REQUIRE(meaningful);
  std::vector<float> rows;
  for (const uint32_t id : *meaningful) {
    const auto row =
        tower.token_table.begin() + static_cast<ptrdiff_t>(size_t{id} * tower.shape.width);
    rows.insert(rows.end(), row, row + tower.shape.width);
  }
  std::vector<const TextTowerLayer*> layers;
  for (const auto& layer : tower.layers) layers.push_back(&layer);
  auto embedding = TextTowerRun{tower.shape, tower.ends, layers, kernels}.embed(rows);
  REQUIRE(embedding);
  return std::move(*embedding);
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

std::string digest_of_texts(SmallTower& tower, const MatrixKernels& kernels) {
  std::vector<uint8_t> bytes;
  for (int i = 0; i < 100; ++i) {
    const auto embedding = embed(tower, tower.text(), kernels);
    const auto* from = reinterpret_cast<const uint8_t*>(embedding.data());
    bytes.insert(bytes.end(), from, from + embedding.size() * sizeof(float));
  }
  return to_hex(sha256(bytes));
}

}  // namespace

TEST_CASE("exp, erf and the activations are those of mathematics", "[text_tower]") {
  double exp_error = 0;
  double erf_error = 0;
  for (int i = -8000; i <= 8000; ++i) {
    const float x = static_cast<float>(i) / 100;
    exp_error = std::max(exp_error, std::abs(portable_exp(x) / std::exp(double{x}) - 1));
    const float y = static_cast<float>(i) / 1600;
    erf_error = std::max(erf_error, std::abs(portable_erf(y) - std::erf(double{y})));
  }
  CHECK(exp_error < 3e-7);
  CHECK(erf_error < 6e-7);
  CHECK(portable_exp(-1e30f) == portable_exp(-87.0f));
  CHECK(portable_exp(1e30f) == portable_exp(88.0f));
  CHECK(quick_gelu(1.0f) == Approx(0.845796).margin(1e-6));
  CHECK(gelu(-0.5f) == Approx(-0.154269).margin(1e-6));
}

TEST_CASE("every kernel table gives the same integers", "[text_tower]") {
  SmallTower random;
  constexpr size_t kBlocks = 5;
  constexpr size_t kColumns = kBlocks * kMatrixBlock;
  std::vector<uint8_t> nibbles(kColumns / 2);
  std::vector<uint8_t> scales(kBlocks);
  std::vector<int8_t> codes(kColumns);
  for (auto& value : nibbles) value = static_cast<uint8_t>(random.next());
  for (auto& value : scales) value = static_cast<uint8_t>(random.next());
  for (auto& value : codes) value = static_cast<int8_t>(random.next());
  std::vector<int16_t> weights(kMatrixRows * kColumns);
  std::vector<int16_t> inputs(13 * kColumns);
  for (auto& value : weights) value = static_cast<int16_t>(random.next() % 4080 - 2040);
  // The extremes leave int32; the sums are then those of modulo 2^32.
  for (auto& value : inputs) value = static_cast<int16_t>(random.next() % 65535 - 32767);

  const MatrixKernels& scalar = *matrix_kernels(MatrixSimd::kScalar);
  std::vector<int16_t> expected(kColumns);
  std::vector<int16_t> found(kColumns);
  int compared = 0;
  for (const auto level : kLevels) {
    const auto* kernels = matrix_kernels(level);
    if (kernels == nullptr) continue;
    ++compared;
    scalar.expand_u4(nibbles.data(), scales.data(), kBlocks, expected.data());
    kernels->expand_u4(nibbles.data(), scales.data(), kBlocks, found.data());
    CHECK(found == expected);
    scalar.expand_i8(codes.data(), kColumns, expected.data());
    kernels->expand_i8(codes.data(), kColumns, found.data());
    CHECK(found == expected);
    for (size_t count = 1; count <= 13; ++count) {
      std::vector<int32_t> expected_sums(count * kMatrixRows);
      std::vector<int32_t> found_sums(count * kMatrixRows);
      scalar.multiply_rows(weights.data(), inputs.data(), count, kColumns, expected_sums.data());
      kernels->multiply_rows(weights.data(), inputs.data(), count, kColumns, found_sums.data());
      CHECK(found_sums == expected_sums);
    }
  }
  CHECK(compared >= 2);
}

TEST_CASE("packing keeps the direction of embeddings", "[text_tower]") {
  for (const auto activation : {Activation::kQuickGelu, Activation::kGelu}) {
    SmallTower plain(activation);
    SmallTower four(activation);
    SmallTower eight(activation);
    pack_layers(four, WeightFormat::kFourBit);
    pack_layers(eight, WeightFormat::kEightBit);
    for (int i = 0; i < 20; ++i) {
      const auto ids = plain.text();
      const auto expected = embed(plain, ids);
      CHECK(cosine(embed(four, ids), expected) > 0.95);
      CHECK(cosine(embed(eight, ids), expected) > 0.9995);
    }
  }
}

TEST_CASE("no inner product of a packed matrix can leave int32", "[text_tower]") {
  SmallTower tower;
  pack_layers(tower, WeightFormat::kFourBit);
  const WeightMatrix& matrix = tower.layers[0].mlp_down;
  const auto& kernels = best_matrix_kernels();
  std::vector<int16_t> weights(matrix.column_count);
  for (size_t row = 0; row < matrix.row_count; ++row) {
    kernels.expand_u4(matrix.codes.data() + row * matrix.column_count / 2,
                      matrix.block_scales.data() + row * matrix.column_count / kMatrixBlock,
                      matrix.column_count / kMatrixBlock, weights.data());
    int64_t sum = 0;
    for (const int16_t weight : weights) sum += std::abs(weight);
    CHECK(sum * matrix.input_max <= INT32_MAX);
  }
  CHECK(matrix.input_max >= 1000);
}

TEST_CASE("what follows the end token has no effect", "[text_tower]") {
  SmallTower tower;
  pack_layers(tower, WeightFormat::kFourBit);
  const std::vector<uint32_t> ids = {1, 2, 3, tower.shape.end_id};
  std::vector<uint32_t> padded = ids;
  padded.resize(tower.shape.context_length, tower.shape.end_id);
  CHECK(embed(tower, ids) == embed(tower, padded));
}

TEST_CASE("ids that are no text are refused", "[text_tower]") {
  const SmallTower tower;
  const auto reason = [&](std::vector<uint32_t> ids) {
    const auto found = meaningful_ids(tower.shape, ids);
    return found ? "" : found.error().message;
  };
  CHECK(reason({}) == "text encoder: the token ids lack the end token");
  CHECK(reason({1, 2}) == "text encoder: the token ids lack the end token");
  CHECK(reason({300, 299}) == "text encoder: token id 300, the model knows those below 300");
  std::vector<uint32_t> many(24, 1);
  many.push_back(299);
  CHECK(reason(many) == "text encoder: 25 token ids, at most 24");
}

// The digests are those of every target: native, under the sanitizers, WebAssembly.
TEST_CASE("embeddings of packed towers are the same bytes on every target", "[text_tower]") {
  for (const auto level : kLevels) {
    const auto* kernels = matrix_kernels(level);
    if (kernels == nullptr) continue;
    SmallTower quick(Activation::kQuickGelu);
    pack_layers(quick, WeightFormat::kFourBit);
    CHECK(digest_of_texts(quick, *kernels) ==
          "79ba68cdf37e8c4c90d5f67eca0a34c12c5715ceb1fd754de828996518b8571d");
    SmallTower exact(Activation::kGelu);
    pack_layers(exact, WeightFormat::kEightBit);
    CHECK(digest_of_texts(exact, *kernels) ==
          "d3cd5d596338380ae2ec9807e313f1f5324a3d5b10c5e847172b07b87e78fda7");
  }
}
