#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace sightline {

struct BytePairMerge {
  uint32_t left, right, result;  // token ids
};

// The merges of a byte-pair vocabulary in order of preference, the earliest first.
class BytePairMerges {
 public:
  BytePairMerges() = default;
  explicit BytePairMerges(std::vector<BytePairMerge> merges);

  const std::vector<BytePairMerge>& in_order() const { return merges_; }

  // Merges the symbols of one word until no pair is left: the most preferred pair first, of equal
  // ones the leftmost. O(n log n) for a word of n symbols.
  void apply(std::vector<uint32_t>& symbols) const;

 private:
  static constexpr uint32_t kNoRank = UINT32_MAX;
  uint32_t rank_of(uint32_t left, uint32_t right) const;

  std::vector<BytePairMerge> merges_;
  std::unordered_map<uint64_t, uint32_t> ranks_;  // left id << 32 | right id -> index in merges_
};

}  // namespace sightline
