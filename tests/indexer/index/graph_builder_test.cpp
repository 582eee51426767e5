#include "indexer/index/graph_builder.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>
#define NO_MANUAL_VECTORIZATION  // as in graph_builder.cpp
#include <hnswlib/hnswlib.h>

#include "native/vectors/dot.h"
#include "native/vectors/hnsw_search.h"
#include "tests/native/fixture.h"
#include "tests/native/vectors/clustered_vectors.h"
#include "tests/native/vectors/coded_rows.h"

namespace sightline {
namespace {

constexpr uint32_t kDim = 128;
constexpr uint32_t kRows = 3000;
constexpr uint32_t kQueries = 500;

struct FloatDistance {
  std::span<const float> rows;
  std::span<const float> query;
  float operator()(uint32_t row) const {
    return 1.0f - dot_f32(query.data(), &rows[size_t{row} * kDim], kDim);
  }
  void prefetch(uint32_t) const {}
};

// hnswlib itself with the distances the builder gives it.
class DotSpace : public hnswlib::SpaceInterface<float> {
 public:
  size_t get_data_size() override { return kDim * sizeof(float); }
  hnswlib::DISTFUNC<float> get_dist_func() override {
    return [](const void* a, const void* b, const void*) {
      return 1.0f - dot_f32(static_cast<const float*>(a), static_cast<const float*>(b), kDim);
    };
  }
  void* get_dist_func_param() override { return nullptr; }
};

TEST_CASE("our search returns what hnswlib returns on the same graph") {
  const auto vectors = testing::make_clustered_vectors(6, kRows, kQueries, kDim, 30);
  const HnswGraph graph = *build_graph(vectors.images, kDim);
  DotSpace space;
  hnswlib::HierarchicalNSW<float> index(&space, kRows, 16, 200, 100);
  for (uint32_t row = 0; row < kRows; ++row) index.addPoint(vectors.image(row).data(), row);

  REQUIRE(graph.entry_point() == index.enterpoint_node_);
  bool same_links = true;
  for (uint32_t row = 0; row < kRows; ++row) {
    REQUIRE(graph.level(row) == static_cast<uint32_t>(index.element_levels_[row]));
    for (uint32_t level = 0; level <= graph.level(row); ++level) {
      auto* list = index.get_linklist_at_level(row, static_cast<int>(level));
      const auto ours = level == 0 ? graph.base_neighbors(row) : graph.upper_neighbors(row, level);
      same_links = same_links && std::equal(ours.begin(), ours.end(), list + 1,
                                            list + 1 + index.getListCount(list));
    }
  }
  REQUIRE(same_links);

  struct EveryThird : hnswlib::BaseFilterFunctor {
    bool operator()(hnswlib::labeltype row) override { return row % 3 == 0; }
  } every_third;
  std::vector<uint64_t> every_third_bits((kRows + 63) / 64, 0);
  for (uint32_t row = 0; row < kRows; row += 3) {
    every_third_bits[row / 64] |= uint64_t{1} << (row % 64);
  }
  BasicSearchScratch<float> scratch;
  for (const size_t ef_search : {10, 50, 200}) {
    index.setEf(ef_search);
    for (uint32_t i = 0; i < kQueries; ++i) {
      for (const bool filtered : {false, true}) {
        auto queue = index.searchKnn(vectors.text(i).data(), 10, filtered ? &every_third : nullptr);
        std::vector<BasicNeighbor<float>> theirs;
        for (; !queue.empty(); queue.pop()) {
          theirs.push_back({queue.top().first, static_cast<uint32_t>(queue.top().second)});
        }
        std::sort(theirs.begin(), theirs.end());
        const auto ours =
            search_graph(graph, FloatDistance{vectors.images, vectors.text(i)}, 10, ef_search,
                         scratch, filtered ? RowFilter(every_third_bits) : RowFilter());
        REQUIRE(ours == theirs);
      }
    }
  }
}

TEST_CASE("recall@10 is at least 0.98 at ef_search = 50 on ten thousand text-like queried rows") {
  const auto vectors = testing::make_clustered_vectors(7, 10000, 500, 512, 100);
  const HnswGraph graph = *build_graph(vectors.images, 512);
  const testing::CodedRows coded(vectors.images, 512);
  SearchScratch scratch;
  size_t common = 0;
  for (uint32_t i = 0; i < 500; ++i) {
    const auto query = encode_query(coded.parameters, vectors.text(i));
    common += testing::count_common(search_hnsw(graph, coded.table(), *query, 10, 50, scratch),
                                    testing::float_neighbors(vectors.images, vectors.text(i), 10));
  }
  CHECK(static_cast<double>(common) / 5000 >= 0.98);
}

TEST_CASE("a graph is a function of its rows and options") {
  const auto vectors = testing::make_clustered_vectors(15, 800, 0, 64, 8);
  const auto bytes = [&](const GraphOptions& options) {
    return write_graph(*build_graph(vectors.images, 64, options));
  };
  CHECK(bytes({}) == bytes({}));
  CHECK(bytes({}) != bytes({16, 200, 101}));
  CHECK(bytes({}) != bytes({8, 200, 100}));
  const auto graph = build_graph(vectors.images, 64);
  CHECK(HnswGraph::parse(write_graph(*graph), 800));
}

TEST_CASE("a graph that is built in parts is the one built in one go") {
  constexpr uint32_t kCount = 900;
  const auto vectors = testing::make_clustered_vectors(15, kCount, 0, 64, 8);
  const auto read = [&](uint32_t row, std::span<float> values) -> Result<void> {
    const auto image = vectors.image(row);
    std::copy(image.begin(), image.end(), values.begin());
    return {};
  };
  const GraphOptions options = {6, 60, 100};  // levels up to 4
  std::vector<HnswGraph> parts;
  GraphResumption resumption;
  resumption.after_row = [&](uint32_t done, const GraphSoFar& so_far) {
    for (const uint32_t rows : {1u, 2u, 77u, 500u, 899u, kCount}) {
      if (done == rows) parts.push_back(*so_far());
    }
  };
  const auto whole = write_graph(*build_graph(kCount, 64, read, options, {}, resumption));
  REQUIRE(parts.size() == 6);
  CHECK(write_graph(parts[5]) == whole);
  for (const auto& part : parts) {
    // Through its payload, as a build keeps it.
    auto begun = HnswGraph::parse(write_graph(part), kCount);
    REQUIRE(begun);
    uint32_t inserted = 0;
    const auto count = [&](uint32_t, uint32_t) { ++inserted; };
    const auto graph = build_graph(kCount, 64, read, options, count, {std::move(*begun), {}});
    CHECK(write_graph(*graph) == whole);
    CHECK(inserted == kCount - part.rows());
  }
  // Stopped twice.
  GraphResumption second = {parts[2], {}};
  second.after_row = [&](uint32_t done, const GraphSoFar& so_far) {
    if (done == 500) CHECK(write_graph(*so_far()) == write_graph(parts[3]));
  };
  CHECK(write_graph(*build_graph(kCount, 64, read, options, {}, second)) == whole);

  const auto code = [&](const GraphOptions& others, uint32_t rows) {
    return build_graph(rows, 64, read, others, {}, {parts[3], {}}).error().code;
  };
  CHECK(code({7, 60, 100}, kCount) == ErrorCode::kInvalidArgument);
  CHECK(code({6, 60, 101}, kCount) == ErrorCode::kInvalidArgument);
  CHECK(code(options, 499) == ErrorCode::kInvalidArgument);
}

// The fixture is this graph, for the tests that run where hnswlib does not.
TEST_CASE("the graph of the core's tests is what the builder makes of their rows") {
  const auto vectors = testing::make_clustered_vectors(21, 1000, 0, 64, 20);
  const auto graph = build_graph(vectors.images, 64, {8, 100, 100});
  CHECK(write_graph(*graph) == read_fixture("vectors/graph_1000.bin"));
}

TEST_CASE("no rows, one row and equal rows make graphs, and progress counts to the end") {
  CHECK(build_graph({}, 4)->rows() == 0);
  const std::vector<float> one = {1, 0, 0, 0};
  CHECK(build_graph(one, 4)->rows() == 1);
  const std::vector<float> equal(100 * 4, 0.5f);
  uint32_t last = 0;
  const auto graph = build_graph(equal, 4, {4, 20, 100}, [&](uint32_t done, uint32_t total) {
    CHECK(done == last + 1);
    CHECK(total == 100);
    last = done;
  });
  CHECK(graph->rows() == 100);
  CHECK(last == 100);
}

TEST_CASE("options out of range are refused with one line") {
  const auto message = [](std::span<const float> rows, uint32_t dim, const GraphOptions& options) {
    const auto graph = build_graph(rows, dim, options);
    return graph ? std::string() : graph.error().message;
  };
  CHECK(message({}, 4, {1, 200, 100}) ==
        "graph: --m is 1, expected 2 to 128 (16 suits most collections)");
  CHECK(message({}, 4, {129, 200, 100}) ==
        "graph: --m is 129, expected 2 to 128 (16 suits most collections)");
  CHECK(message({}, 4, {16, 0, 100}) ==
        "graph: --ef-construction is 0, expected 1 to 10000 (200 suits most collections)");
  const std::vector<float> five(5, 1.0f);
  CHECK(message(five, 4, {}) == "graph: 5 values are not whole rows of 4 dimensions");
  CHECK(message(five, 0, {}) == "graph: 5 values are not whole rows of 0 dimensions");
}

}  // namespace
}  // namespace sightline
