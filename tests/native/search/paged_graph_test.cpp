#include "native/search/paged_graph.h"

#include <catch2/catch.hpp>

#include "native/search/searcher.h"
#include "tests/native/search/paged_bundle.h"

using namespace sightline;
using namespace sightline::testing;

namespace {

struct Settled {
  std::vector<Hit> hits;
  uint32_t rounds = 0;
};

Settled ask(const SmallBundle& bundle, SearchPath path, uint32_t row) {
  auto searcher = Searcher::open(bundle.root_ref, bundle.stored(bundle.root_ref)).value();
  SearchOptions options;
  options.k = 10;
  options.path = path;
  options.ef_search = 120;
  Settled settled;
  while (true) {
    auto answer = searcher.search(std::span(bundle.whole).subspan(row * 16, 16), options).value();
    settled.hits = std::move(answer.hits);
    if (answer.missing.empty()) return settled;
    REQUIRE(++settled.rounds < 4);
    for (const auto& ref : answer.missing) {
      REQUIRE(searcher.add_object(ref, bundle.stored(ref)).has_value());
    }
  }
}

}  // namespace

TEST_CASE("the graph of a paged index finds what a scan of all rows finds", "[paged][graph]") {
  if (!kSearchesGraphs) return;
  const auto bundle = make_paged_bundle(300, 16, 40, true);
  uint32_t found = 0;
  for (uint32_t row = 0; row < 300; row += 10) {
    const auto by_graph = ask(bundle, SearchPath::kHnsw, row);
    CHECK(by_graph.rounds == 2);
    for (const auto& hit : ask(bundle, SearchPath::kExact, row).hits) {
      found += std::find(by_graph.hits.begin(), by_graph.hits.end(), hit) != by_graph.hits.end();
    }
  }
  CHECK(found >= 285);
}

TEST_CASE("a graph of other rows than the index has is refused", "[paged][graph][corrupt]") {
  if (!kSearchesGraphs) return;
  auto bundle = make_paged_bundle(120, 16, 40, true);
  const auto other = make_paged_bundle(300, 16, 40, true);
  const auto root_of = [](const SmallBundle& from) {
    return parse_root(unpack_object(from.root_ref, from.stored(from.root_ref)).value()).value();
  };
  auto root = root_of(bundle);
  root.graph = root_of(other).graph;
  const auto object = pack_object(ObjectKind::kRoot, write_root(root));
  auto searcher = Searcher::open(object.ref, object.stored).value();
  SearchOptions options;
  options.path = SearchPath::kHnsw;
  const auto answer = searcher.search(std::span(bundle.whole).first(16), options).value();
  bool refused = false;
  for (const auto& ref : answer.missing) {
    const auto& from = ref.kind == ObjectKind::kGraph ? other : bundle;
    refused |= !searcher.add_object(ref, from.stored(ref)).has_value();
  }
  CHECK(refused);
}

TEST_CASE("a bundle without a graph says so", "[paged][graph]") {
  if (!kSearchesGraphs) return;
  const auto bundle = make_paged_bundle();
  auto searcher = Searcher::open(bundle.root_ref, bundle.stored(bundle.root_ref)).value();
  SearchOptions options;
  options.path = SearchPath::kHnsw;
  CHECK_FALSE(searcher.search(std::span(bundle.whole).first(16), options).has_value());
}
