#include "native/vectors/hnsw_search.h"

#include <vector>

#include <catch2/catch.hpp>

#include "native/base/byte_writer.h"
#include "native/base/sha256.h"
#include "tests/native/fixture.h"
#include "tests/native/vectors/coded_rows.h"
#include "tests/native/vectors/knn_graph.h"

namespace sightline {
namespace {

using testing::CodedRows;

constexpr size_t kDim = 64;

struct SmallIndex {
  SmallIndex(size_t rows, size_t queries)
      : vectors(testing::make_clustered_vectors(20, rows, queries, kDim, 20)),
        coded(vectors.images, kDim),
        graph(*HnswGraph::from_lists(testing::knn_lists(vectors.images, kDim, 8, 3))) {}

  QueryCode query(size_t i) const { return *encode_query(coded.parameters, vectors.text(i)); }

  testing::ClusteredVectors vectors;
  CodedRows coded;
  HnswGraph graph;
};

// 1,000 rows with the graph that indexer/graph_builder built of them (its test compares).
struct BuiltIndex {
  explicit BuiltIndex(size_t queries)
      : vectors(testing::make_clustered_vectors(21, 1000, queries, kDim, 20)),
        coded(vectors.images, kDim),
        graph(*HnswGraph::parse(read_fixture("vectors/graph_1000.bin"), 1000)) {}

  QueryCode query(size_t i) const { return *encode_query(coded.parameters, vectors.text(i)); }

  testing::ClusteredVectors vectors;
  CodedRows coded;
  HnswGraph graph;
};

TEST_CASE("a wide enough search of a connected graph is exact") {
  const SmallIndex index(600, 50);
  SearchScratch scratch;
  for (const CodeTable& table : {index.coded.table(), index.coded.coarse_table()}) {
    for (size_t i = 0; i < 50; ++i) {
      const auto query = index.query(i);
      CHECK(search_hnsw(index.graph, table, query, 10, 600, scratch) ==
            search_exact(query, table, 10));
    }
  }
}

TEST_CASE("ef_search = 50 finds at least 98 in 100 of the true neighbors in hnswlib's graph") {
  const BuiltIndex index(300);
  SearchScratch scratch;
  size_t common = 0;
  for (size_t i = 0; i < 300; ++i) {
    common += testing::count_common(
        search_hnsw(index.graph, index.coded.table(), index.query(i), 10, 50, scratch),
        testing::float_neighbors(index.vectors.images, index.vectors.text(i), 10));
  }
  CHECK(common >= 2940);
}

TEST_CASE("a filter is applied inside the search: only allowed rows, and as many as asked for") {
  const SmallIndex index(600, 40);
  SearchScratch scratch;
  std::vector<uint64_t> bits(10, 0);
  for (size_t row = 5; row < 600; row += 7) bits[row / 64] |= uint64_t{1} << (row % 64);
  for (size_t i = 0; i < 40; ++i) {
    const auto query = index.query(i);
    const auto found = search_hnsw(index.graph, index.coded.table(), query, 10, 86, scratch, bits);
    CHECK(found == search_exact(query, index.coded.table(), 10, bits));
  }
  const std::vector<uint64_t> none(10, 0);
  CHECK(
      search_hnsw(index.graph, index.coded.table(), index.query(0), 10, 50, scratch, none).empty());
}

TEST_CASE("rows behind those of the graph are scanned besides, by the same filter") {
  const SmallIndex index(600, 40);
  const auto first_rows = std::span(index.vectors.images).first(450 * kDim);
  const auto graph = *HnswGraph::from_lists(testing::knn_lists(first_rows, kDim, 8, 3));
  SearchScratch scratch;
  std::vector<uint64_t> bits(10, 0);
  for (size_t row = 5; row < 600; row += 7) bits[row / 64] |= uint64_t{1} << (row % 64);
  bool found_behind = false;
  for (size_t i = 0; i < 40; ++i) {
    const auto query = index.query(i);
    const auto found = search_hnsw(graph, index.coded.table(), query, 10, 450, scratch);
    CHECK(found == search_exact(query, index.coded.table(), 10));
    for (const auto& neighbor : found) found_behind |= neighbor.ordinal >= 450;
    CHECK(search_hnsw(graph, index.coded.table(), query, 10, 450, scratch, bits) ==
          search_exact(query, index.coded.table(), 10, bits));
    CHECK(search_hnsw(HnswGraph(), index.coded.table(), query, 10, 50, scratch) ==
          search_exact(query, index.coded.table(), 10));
  }
  CHECK(found_behind);
}

TEST_CASE("ties are broken by ordinal, so equal rows come in order") {
  const std::vector<float> rows(40 * 2, 0.5f);
  const CodedRows coded(rows, 2);
  const auto graph = HnswGraph::from_lists(testing::knn_lists(rows, 2, 8, 4));
  const auto query = encode_query(coded.parameters, std::vector<float>{1, 0});
  SearchScratch scratch;
  const auto found = search_hnsw(*graph, coded.table(), *query, 5, 40, scratch);
  CHECK(found == search_exact(*query, coded.table(), 5));
}

TEST_CASE("nothing is found in a graph without rows or with k = 0, and one row is found") {
  SearchScratch scratch;
  const SmallIndex index(1, 1);
  const auto query = index.query(0);
  CHECK(search_hnsw(index.graph, index.coded.table(), query, 10, 50, scratch).size() == 1);
  CHECK(search_hnsw(index.graph, index.coded.table(), query, 0, 50, scratch).empty());
  CHECK(search_hnsw(HnswGraph(), {{}, 0, kDim, {}}, query, 10, 50, scratch).empty());
}

TEST_CASE("a scratch is good for more searches than its epochs count, and for another graph") {
  const SmallIndex index(30, 2);
  const SmallIndex larger(200, 1);
  SearchScratch scratch;
  const auto query = index.query(1);
  const auto first = search_hnsw(index.graph, index.coded.table(), query, 10, 20, scratch);
  bool same = true;
  for (int i = 0; i < 70000; ++i) {
    same = same && search_hnsw(index.graph, index.coded.table(), query, 10, 20, scratch) == first;
  }
  CHECK(same);
  CHECK(search_hnsw(larger.graph, larger.coded.table(), larger.query(0), 10, 200, scratch) ==
        search_exact(larger.query(0), larger.coded.table(), 10));
}

// Printed by the test below when it fails: change it only together with the format or the search.
constexpr char kAnswersSha256[] =
    "1a9862447d4a62ab70a3e44ecfd95cc3731d590d33cfb7868039fed3e3b7ea5a";

// The hash stands for the ids, distances and similarities of 10,000
// queries, so the suite on each target and with each kernel agrees with all the others.
TEST_CASE("ten thousand queries are answered identically on every target and by every kernel") {
  const BuiltIndex index(10000);
  SearchScratch scratch;
  for (const auto level :
       {SimdLevel::kScalar, SimdLevel::kSse4, SimdLevel::kAvx2, SimdLevel::kWasm}) {
    if (!simd_level_available(level)) continue;
    ByteWriter answers;
    for (size_t i = 0; i < 10000; ++i) {
      const auto query = index.query(i);
      for (const auto& neighbor : search_hnsw(index.graph, index.coded.table(), query, 10, 50,
                                              scratch, {}, dot_kernels(level))) {
        answers.write(neighbor.ordinal);
        answers.write(neighbor.distance);
        answers.write(query.similarity(-neighbor.distance));
      }
    }
    INFO(simd_level_name(level));
    CHECK(to_hex(sha256(answers.bytes())) == kAnswersSha256);
  }
}

}  // namespace
}  // namespace sightline
