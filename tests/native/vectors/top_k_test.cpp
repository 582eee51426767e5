#include "native/vectors/top_k.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/native/vectors/clustered_vectors.h"

namespace sightline {
namespace {

TEST_CASE("the k smallest are kept, and ties go to the smaller ordinal whatever the order") {
  testing::TestRandom random(3);
  std::vector<Neighbor> all;
  for (uint32_t i = 0; i < 500; ++i) all.push_back({static_cast<int32_t>(random.below(20)), i});
  auto sorted = all;
  std::sort(sorted.begin(), sorted.end());
  for (const size_t k : {1, 7, 100, 499, 500}) {
    for (size_t i = all.size() - 1; i > 0; --i) {
      std::swap(all[i], all[random.below(static_cast<uint32_t>(i + 1))]);
    }
    TopK nearest(k);
    for (const auto& neighbor : all) nearest.offer(neighbor.distance, neighbor.ordinal);
    CHECK(nearest.full());
    CHECK(nearest.worst() == sorted[k - 1].distance);
    const auto found = nearest.take_sorted();
    CHECK(found == std::vector<Neighbor>(sorted.begin(), sorted.begin() + k));
    CHECK(nearest.size() == 0);
  }
}

TEST_CASE("fewer offers than k give fewer neighbors, and k = 0 gives none") {
  TopK nearest(5);
  nearest.offer(2, 1);
  nearest.offer(-2147483647, 9);
  CHECK_FALSE(nearest.full());
  CHECK(nearest.take_sorted() == std::vector<Neighbor>{{-2147483647, 9}, {2, 1}});
  TopK none(0);
  none.offer(1, 1);
  CHECK(none.take_sorted().empty());
}

}  // namespace
}  // namespace sightline
