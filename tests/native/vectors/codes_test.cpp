#include "native/vectors/codes.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "native/vectors/dot.h"
#include "tests/native/vectors/clustered_vectors.h"
#include "tests/native/vectors/coded_rows.h"

namespace sightline {
namespace {

using testing::CodedRows;
using testing::TestRandom;

std::vector<float> random_rows(uint64_t seed, size_t count, size_t dim) {
  TestRandom random(seed);
  std::vector<float> rows(count * dim);
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i] = random.normal() * static_cast<float>(1 + i % dim) + static_cast<float>(i % 3);
  }
  return rows;
}

TEST_CASE("a row comes back within 17/32 of a step, and within a 32nd of a step when refined") {
  const size_t dim = 45;
  const auto rows = random_rows(4, 60, dim);
  const CodedRows coded(rows, dim);
  std::vector<float> coarse(dim);
  std::vector<float> fine(dim);
  for (size_t row = 0; row < coded.row_count; ++row) {
    const std::span<const int8_t> code = std::span(coded.codes).subspan(row * dim, dim);
    decode_row(coded.parameters, code, coarse);
    decode_row(
        coded.parameters, code, fine,
        std::span(coded.refinement).subspan(row * refinement_bytes(dim), refinement_bytes(dim)));
    for (size_t i = 0; i < dim; ++i) {
      const float step = coded.parameters.step[i];
      CHECK(std::abs(coarse[i] - rows[row * dim + i]) <= step * 0.5313f);
      CHECK(std::abs(fine[i] - rows[row * dim + i]) <= step * 0.0313f);
    }
  }
}

TEST_CASE("values outside the fitted range are clamped, and a constant dimension costs nothing") {
  const std::vector<float> rows = {-1, 5, 1, 5};
  const auto parameters = fit_codes(rows, 2);
  CHECK(parameters.offset == std::vector<float>{0, 5});
  CHECK(parameters.step[1] == 0.0f);
  std::vector<int8_t> code(2);
  std::vector<uint8_t> refinement(refinement_bytes(2));
  for (const float value : {1e30f, -1e30f}) {
    encode_row(parameters, std::vector<float>{value, 7}, code, refinement);
    CHECK(code == std::vector<int8_t>{static_cast<int8_t>(value > 0 ? 127 : -127), 0});
    std::vector<float> decoded(2);
    decode_row(parameters, code, decoded, refinement);
    CHECK(decoded[1] == 5.0f);
    CHECK(std::abs(decoded[0]) <= 1.01f);
  }
  CHECK(fit_codes({}, 3).step == std::vector<float>(3, 0.0f));
}

TEST_CASE("similarity is close to the float inner product") {
  const auto vectors = testing::make_clustered_vectors(5, 200, 20, 128, 5);
  const CodedRows coded(vectors.images, 128);
  for (size_t q = 0; q < 20; ++q) {
    const auto query = encode_query(coded.parameters, vectors.text(q));
    REQUIRE(query);
    const CodeTable table = coded.table();
    const CodeDistance distance(*query, table);
    for (uint32_t row = 0; row < 200; ++row) {
      const float exact = dot_f32(vectors.text(q).data(), vectors.image(row).data(), 128);
      const int32_t coarse = distance.coarse(row);
      const int32_t refined = distance.refine(row, coarse);
      CHECK(std::abs(query->similarity(-refined) - exact) < 0.0005);
      CHECK(std::abs(query->similarity(-16 * coarse) - exact) < 0.005);
      CHECK(refined >= distance.least_refined(coarse));
    }
  }
}

TEST_CASE("no code can overflow a query's sum, whatever the query") {
  TestRandom random(6);
  for (const size_t dim : {1, 2, 31, 512, 4096}) {
    for (const float magnitude : {1e-30f, 1.0f, 1e30f}) {
      CodeParameters parameters{std::vector<float>(dim, 0.5f), std::vector<float>(dim)};
      std::vector<float> query(dim);
      for (size_t i = 0; i < dim; ++i) {
        parameters.step[i] = random.uniform() * magnitude;
        query[i] = random.normal() * magnitude;
      }
      if (dim > 2 && magnitude == 1) query.assign(dim, 1.0f), parameters.step.assign(dim, 1.0f);
      const auto code = encode_query(parameters, query);
      REQUIRE(code);
      int64_t span = 0;
      for (const int16_t value : code->values) span += std::abs(int{value});
      CHECK(span == code->value_span);
      CHECK(span <= 1000000);
      CHECK(span * (16 * 128 + 8) < int64_t{1} << 31);
      CHECK((dim < 512 || span > 900000));
    }
  }
}

TEST_CASE("a query of zeros, or over constant dimensions, has every similarity equal") {
  const CodeParameters parameters{{1, 2}, {0, 0}};
  const auto query = encode_query(parameters, std::vector<float>{3, 4});
  REQUIRE(query);
  CHECK(query->similarity(0) == 11.0);
  CHECK(query->values == std::vector<int16_t>{0, 0});
}

TEST_CASE("a query of another dimension or with values that are no numbers is refused") {
  const CodeParameters parameters{{0, 0}, {1, 1}};
  const auto short_query = encode_query(parameters, std::vector<float>{1});
  REQUIRE_FALSE(short_query);
  CHECK(short_query.error().message ==
        "query vector: has 1 dimensions, the index has 2; embed it with the model the index was "
        "built with");
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const auto query = encode_query(parameters, std::vector<float>{1, bad});
    REQUIRE_FALSE(query);
    CHECK(query.error().code == ErrorCode::kInvalidArgument);
    CHECK(query.error().message.find("dimension 1") != std::string::npos);
  }
}

TEST_CASE("code parameters survive their bytes, and bad ones are refused") {
  const CodeParameters parameters{{1, -2, 3}, {0.5f, 0, 2}};
  const auto read = [](const CodeParameters& written, size_t dim) {
    ByteWriter writer;
    write_code_parameters(writer, written);
    ByteReader reader(writer.bytes());
    return read_code_parameters(reader, dim);
  };
  const auto same = read(parameters, 3);
  REQUIRE(same);
  CHECK(same->offset == parameters.offset);
  CHECK(same->step == parameters.step);

  const auto message = [&](const CodeParameters& written, size_t dim) {
    const auto found = read(written, dim);
    return found ? std::string() : found.error().message;
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(message(parameters, 4) == "code parameters: 24 bytes left, expected 32 for 4 dimensions");
  CHECK(message(parameters, 5000) ==
        "code parameters: 5000 dimensions, at most 4096 are supported");
  CHECK(message({{0, nan}, {1, 1}}, 2) ==
        "code parameters: the offset of dimension 1 is nan, expected a finite number");
  CHECK(message({{0, 0}, {HUGE_VALF, 1}}, 2) ==
        "code parameters: the step of dimension 0 is inf, expected a finite number");
  CHECK(message({{0, 0}, {1, -1}}, 2) ==
        "code parameters: the step of dimension 1 is -1.000000, expected 0 or more");
}

}  // namespace
}  // namespace sightline
