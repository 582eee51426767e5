#include "native/clip/byte_pair_merges.h"

#include <cstddef>
#include <functional>
#include <queue>
#include <utility>

namespace sightline {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

// A symbol of the word as a link in a list; one merged into its left neighbour is no longer alive.
struct Link {
  uint32_t id, previous, next;
  bool alive;
};

uint64_t pair_key(uint32_t left, uint32_t right) { return uint64_t{left} << 32 | right; }

}  // namespace

BytePairMerges::BytePairMerges(std::vector<BytePairMerge> merges) : merges_(std::move(merges)) {
  ranks_.reserve(merges_.size());
  for (uint32_t rank = 0; rank < merges_.size(); ++rank) {
    ranks_.insert_or_assign(pair_key(merges_[rank].left, merges_[rank].right), rank);
  }
}

uint32_t BytePairMerges::rank_of(uint32_t left, uint32_t right) const {
  const auto found = ranks_.find(pair_key(left, right));
  return found == ranks_.end() ? kNoRank : found->second;
}

void BytePairMerges::apply(std::vector<uint32_t>& symbols) const {
  const auto count = static_cast<uint32_t>(symbols.size());
  std::vector<Link> links(count);
  for (uint32_t i = 0; i < count; ++i) {
    links[i] = {symbols[i], i == 0 ? kNone : i - 1, i + 1 == count ? kNone : i + 1, true};
  }
  using Candidate = std::pair<uint32_t, uint32_t>;  // rank, position of the left symbol
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto consider = [&](uint32_t left) {
    if (left == kNone || links[left].next == kNone) return;
    const uint32_t rank = rank_of(links[left].id, links[links[left].next].id);
    if (rank != kNoRank) candidates.emplace(rank, left);
  };
  for (uint32_t i = 0; i < count; ++i) consider(i);
  while (!candidates.empty()) {
    const auto [rank, position] = candidates.top();
    candidates.pop();
    Link& left = links[position];
    if (!left.alive || left.next == kNone) continue;
    Link& right = links[left.next];
    const uint32_t current_rank = rank_of(left.id, right.id);
    const uint32_t result = merges_[rank].result;
    if (current_rank == kNoRank || merges_[current_rank].result != result) continue;
    left.id = result;
    left.next = right.next;
    right.alive = false;
    if (left.next != kNone) links[left.next].previous = position;
    consider(left.previous);
    consider(position);
  }
  symbols.clear();
  for (const Link& link : links) {
    if (link.alive) symbols.push_back(link.id);
  }
}

}  // namespace sightline
