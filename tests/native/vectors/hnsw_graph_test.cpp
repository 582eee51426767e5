#include "native/vectors/hnsw_graph.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/native/vectors/knn_graph.h"

namespace sightline {
namespace {

using testing::TestRandom;

// Five rows in a ring; rows 1 and 3 on level 1, linked to one another.
HnswGraphLists ring() {
  return {2, 3, {0, 1, 0, 1, 0}, {2, 2, 2, 2, 2, 1, 1}, {4, 1, 0, 2, 1, 3, 2, 4, 3, 0, 3, 1}};
}

std::vector<uint8_t> ring_bytes() { return write_graph(*HnswGraph::from_lists(ring())); }

std::string list_error(HnswGraphLists lists) {
  const auto graph = HnswGraph::from_lists(std::move(lists));
  return graph ? "" : graph.error().message;
}

std::string byte_error(std::span<const uint8_t> bytes, uint32_t expected_rows = 5) {
  const auto graph = HnswGraph::parse(bytes, expected_rows);
  return graph ? "" : graph.error().message;
}

void check_equal(const HnswGraph& a, const HnswGraph& b) {
  REQUIRE(a.rows() == b.rows());
  CHECK(a.m() == b.m());
  CHECK(a.entry_point() == b.entry_point());
  const auto equal = [](std::span<const uint32_t> x, std::span<const uint32_t> y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end());
  };
  bool same = true;
  for (uint32_t row = 0; row < a.rows(); ++row) {
    REQUIRE(a.level(row) == b.level(row));
    same = same && equal(a.base_neighbors(row), b.base_neighbors(row));
    for (uint32_t level = 1; level <= a.level(row); ++level) {
      same = same && equal(a.upper_neighbors(row, level), b.upper_neighbors(row, level));
    }
  }
  CHECK(same);
}

TEST_CASE("a graph survives its bytes, link order included") {
  const auto vectors = testing::make_clustered_vectors(12, 700, 0, 16, 9);
  for (const size_t rows : {1, 2, 3, 129, 700}) {
    const auto graph = HnswGraph::from_lists(
        testing::knn_lists(std::span(vectors.images).first(rows * 16), 16, 5, 1));
    REQUIRE(graph);
    const auto bytes = write_graph(*graph);
    const auto parsed = HnswGraph::parse(bytes, static_cast<uint32_t>(rows));
    REQUIRE(parsed);
    check_equal(*graph, *parsed);
    CHECK(write_graph(*parsed) == bytes);
  }
}

TEST_CASE("the payload has the bytes the format document says") {
  const std::vector<uint8_t> unpacked = {5, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 12, 0, 0, 0,  // header
                                         0, 1, 0, 1, 0,                                    // levels
                                         2, 0, 2, 0, 2, 0, 2, 0, 2, 0, 1, 0, 1,  0};       // counts
  const auto bytes = ring_bytes();
  REQUIRE(bytes.size() == unpacked.size() + 5);
  CHECK(std::equal(unpacked.begin(), unpacked.end(), bytes.begin()));
  uint64_t packed = 0;
  std::memcpy(&packed, bytes.data() + unpacked.size(), 5);
  std::vector<uint32_t> links;
  for (int i = 0; i < 12; ++i) links.push_back(packed >> (3 * i) & 7);
  CHECK(links == ring().neighbors);
}

TEST_CASE("a graph without rows is its header alone") {
  const auto graph = HnswGraph::from_lists({16, 0, {}, {}, {}});
  REQUIRE(graph);
  CHECK(graph->rows() == 0);
  const auto bytes = write_graph(*graph);
  CHECK(bytes.size() == 16);
  CHECK(HnswGraph::parse(bytes, 0));
}

TEST_CASE("each damage to a graph has its own sentence") {
  auto lists = ring();
  lists.m = 0;
  CHECK(list_error(lists) == "graph: M is 0, expected 1 to 256");
  lists = ring(), lists.m = 257;
  CHECK(list_error(lists) == "graph: M is 257, expected 1 to 256");
  lists = ring(), lists.levels[1] = 33;
  CHECK(list_error(lists) == "graph: the level of row 1 is 33, at most 32 are supported");
  lists = ring(), lists.levels[0] = 1;
  CHECK(list_error(lists) == "graph: 7 link counts, its levels call for 8");
  lists = ring(), lists.counts[0] = 1;
  CHECK(list_error(lists) == "graph: 12 links, its counts add up to 11");
  lists = ring(), lists.entry_point = 5;
  CHECK(list_error(lists) == "graph: the entry point is row 5, the graph has 5 rows");
  lists = ring(), lists.entry_point = 0;
  CHECK(list_error(lists) == "graph: the entry point, row 0, is of level 0, the top level is 1");
  lists = ring(), lists.neighbors[3] = 5;
  CHECK(list_error(lists) == "graph: row 1 on level 0 links to row 5, the graph has 5 rows");
  lists = ring(), lists.neighbors[10] = 2;
  CHECK(list_error(lists) == "graph: row 1 on level 1 links to row 2, whose highest level is 0");
  lists = ring(), lists.m = 1, lists.counts[0] = 3, lists.counts[1] = 1;
  CHECK(list_error(lists) == "graph: row 0 on level 0 has 3 links, at most 2 are possible");
  lists = ring(), lists.counts = {5, 0, 2, 1, 2, 1, 1};
  CHECK(list_error(lists) == "graph: row 0 on level 0 has 5 links, at most 4 are possible");
  CHECK(list_error({2, 1, {}, {}, {}}) ==
        "graph: the entry point is 1, expected 0 in a graph without rows");

  const auto bytes = ring_bytes();
  CHECK(byte_error(bytes, 4) == "graph: has 5 rows, its section has 4");
  CHECK(HnswGraph::parse(bytes, 6)->rows() == 5);
  const auto cut = [&](size_t size) { return byte_error(std::span(bytes).first(size)); };
  CHECK(cut(15) == "graph: ends after 15 bytes, inside its header");
  CHECK(cut(20) == "graph: ends after 20 bytes, inside its levels");
  CHECK(cut(34) == "graph: ends after 34 bytes, inside its link counts");
  CHECK(cut(39) == "graph: 4 bytes of links, expected 5 for 12 links");
  auto longer = bytes;
  longer.push_back(0);
  CHECK(byte_error(longer) == "graph: 6 bytes of links, expected 5 for 12 links");
  auto counted = bytes;
  counted[21] = 1;
  CHECK(byte_error(counted) == "graph: 12 links, its counts add up to 11");
  auto padded = bytes;
  padded[39] |= 0x80;
  CHECK(byte_error(padded) == "graph: the bits after the last link are not zero");
}

TEST_CASE("five thousand random corruptions of a graph are refused or leave every link in range") {
  const auto vectors = testing::make_clustered_vectors(13, 120, 0, 16, 4);
  const auto graph = HnswGraph::from_lists(testing::knn_lists(vectors.images, 16, 4, 2));
  const auto bytes = write_graph(*graph);
  TestRandom random(14);
  for (int trial = 0; trial < 5000; ++trial) {
    auto damaged = bytes;
    const uint32_t flips = 1 + random.below(8);
    for (uint32_t i = 0; i < flips; ++i) {
      const auto position = random.below(static_cast<uint32_t>(damaged.size()));
      damaged[position] ^= static_cast<uint8_t>(1u << random.below(8));
    }
    if (random.below(4) == 0) damaged.resize(random.below(static_cast<uint32_t>(bytes.size())));
    const auto parsed = HnswGraph::parse(damaged, 120);
    if (!parsed) {
      REQUIRE(parsed.error().message.rfind("graph: ", 0) == 0);
      continue;
    }
    bool in_range = parsed->level(parsed->entry_point()) == parsed->top_level();
    for (uint32_t row = 0; row < 120; ++row) {
      for (const uint32_t link : parsed->base_neighbors(row)) in_range = in_range && link < 120;
      for (uint32_t level = 1; level <= parsed->level(row); ++level) {
        for (const uint32_t link : parsed->upper_neighbors(row, level)) {
          in_range = in_range && link < 120 && parsed->level(link) >= level;
        }
      }
    }
    REQUIRE(in_range);
  }
}

}  // namespace
}  // namespace sightline
