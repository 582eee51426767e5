#include "native/vectors/exact_search.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/native/vectors/clustered_vectors.h"
#include "tests/native/vectors/coded_rows.h"

namespace sightline {
namespace {

using testing::CodedRows;

// All allowed rows by for_each_distance, sorted.
std::vector<Neighbor> all_neighbors(const QueryCode& query, const CodeTable& table,
                                    RowFilter filter) {
  std::vector<Neighbor> neighbors;
  for_each_distance(query, table, filter, [&](uint32_t ordinal, int32_t distance) {
    neighbors.push_back({distance, ordinal});
  });
  std::sort(neighbors.begin(), neighbors.end());
  return neighbors;
}

TEST_CASE("refining only rows that can qualify gives what refining every row gives") {
  const auto vectors = testing::make_clustered_vectors(8, 700, 30, 64, 7);
  const CodedRows coded(vectors.images, 64);
  std::vector<uint64_t> bits(11, 0);
  for (size_t row = 0; row < 700; row += 3) bits[row / 64] |= uint64_t{1} << (row % 64);
  bits[10] |= ~uint64_t{0} << 60;  // bits past the last row mean nothing
  for (const CodeTable& table : {coded.table(), coded.coarse_table()}) {
    for (const RowFilter filter : {RowFilter(), RowFilter(bits)}) {
      for (size_t i = 0; i < 30; ++i) {
        const auto query = encode_query(coded.parameters, vectors.text(i));
        REQUIRE(query);
        auto all = all_neighbors(*query, table, filter);
        CHECK(all.size() == (filter.empty() ? 700 : 234));
        all.resize(25);
        CHECK(search_exact(*query, table, 25, filter) == all);
      }
    }
  }
}

TEST_CASE("every kernel table finds the same neighbors") {
  const auto vectors = testing::make_clustered_vectors(9, 300, 10, 64, 7);
  const CodedRows coded(vectors.images, 64);
  for (const auto level : {SimdLevel::kSse4, SimdLevel::kAvx2, SimdLevel::kWasm}) {
    for (size_t i = 0; i < 10; ++i) {
      const auto query = encode_query(coded.parameters, vectors.text(i));
      CHECK(search_exact(*query, coded.table(), 20, {}, dot_kernels(level)) ==
            search_exact(*query, coded.table(), 20, {}, dot_kernels(SimdLevel::kScalar)));
    }
  }
}

TEST_CASE("equal rows come in the order of their ordinals, and k may exceed the rows") {
  const std::vector<float> rows = {1, 0, 0, 1, 1, 0, 0, 1, 1, 0};
  const CodedRows coded(rows, 2);
  const auto query = encode_query(coded.parameters, std::vector<float>{1, 0});
  std::vector<uint32_t> found;
  for (const auto& neighbor : search_exact(*query, coded.table(), 9)) {
    found.push_back(neighbor.ordinal);
  }
  CHECK(found == std::vector<uint32_t>{0, 2, 4, 1, 3});
  CHECK(search_exact(*query, coded.table(), 0).empty());
  CHECK(search_exact(*query, {{}, 0, 2, {}}, 5).empty());
}

TEST_CASE("refined codes rank like floats: recall@10 of at least 0.99 on text-like queries") {
  const auto vectors = testing::make_clustered_vectors(10, 2000, 200, 128, 20);
  const CodedRows coded(vectors.images, 128);
  size_t common = 0;
  for (size_t i = 0; i < 200; ++i) {
    const auto query = encode_query(coded.parameters, vectors.text(i));
    common += testing::count_common(search_exact(*query, coded.table(), 10),
                                    testing::float_neighbors(vectors.images, vectors.text(i), 10));
  }
  CHECK(common >= 1980);
}

}  // namespace
}  // namespace sightline
