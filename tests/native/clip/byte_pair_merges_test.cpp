#include "native/clip/byte_pair_merges.h"

#include <catch2/catch.hpp>

namespace sightline {
namespace {

using Ids = std::vector<uint32_t>;

Ids applied(const BytePairMerges& merges, Ids symbols) {
  merges.apply(symbols);
  return symbols;
}

}  // namespace

TEST_CASE("the most preferred pair is merged first and equal pairs from the left") {
  const BytePairMerges merges({{1, 2, 10}, {2, 3, 11}, {1, 1, 12}, {10, 3, 13}});
  CHECK(applied(merges, {1, 2, 3}) == Ids{13});
  CHECK(applied(merges, {2, 3}) == Ids{11});
  CHECK(applied(merges, {1, 1, 1}) == Ids{12, 1});
  CHECK(applied(merges, {3, 2, 1}) == Ids{3, 2, 1});
  CHECK(applied(merges, {1}) == Ids{1});
  CHECK(applied(merges, {}).empty());
}

TEST_CASE("a merge that makes an earlier one possible gives way to it") {
  const BytePairMerges merges({{10, 3, 13}, {1, 2, 10}, {3, 1, 14}});
  CHECK(applied(merges, {1, 2, 3, 1, 2}) == Ids{13, 10});
}

TEST_CASE("of a pair listed twice the last place counts") {
  const BytePairMerges merges({{1, 2, 10}, {2, 3, 11}, {1, 2, 10}});
  CHECK(applied(merges, {1, 2, 3}) == Ids{1, 11});
}

}  // namespace sightline
