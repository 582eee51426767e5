#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sightline {

// A row found, ordered by (distance, ordinal): a total order, so ties never depend on the search.
template <class Distance>
struct BasicNeighbor {
  Distance distance;  // smaller is nearer
  uint32_t ordinal;

  friend bool operator<(const BasicNeighbor& a, const BasicNeighbor& b) {
    return a.distance < b.distance || (a.distance == b.distance && a.ordinal < b.ordinal);
  }
  friend bool operator==(const BasicNeighbor& a, const BasicNeighbor& b) {
    return a.distance == b.distance && a.ordinal == b.ordinal;
  }
};

// Neighbors by code: distance = -fine_dot, see QueryCode::similarity.
using Neighbor = BasicNeighbor<int32_t>;

// Keeps the k smallest of the neighbors offered, in the total order.
template <class Distance>
class BasicTopK {
 public:
  explicit BasicTopK(size_t k) : k_(k) {}

  void offer(Distance distance, uint32_t ordinal) {
    const BasicNeighbor<Distance> neighbor{distance, ordinal};
    if (heap_.size() < k_) {
      heap_.push_back(neighbor);
      std::push_heap(heap_.begin(), heap_.end());
    } else if (k_ > 0 && neighbor < heap_.front()) {
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.back() = neighbor;
      std::push_heap(heap_.begin(), heap_.end());
    }
  }

  size_t size() const { return heap_.size(); }
  bool full() const { return heap_.size() == k_; }

  // The largest distance kept. Requires size() > 0.
  Distance worst() const { return heap_.front().distance; }

  // The neighbors kept, nearest first; leaves this empty.
  std::vector<BasicNeighbor<Distance>> take_sorted() {
    std::sort_heap(heap_.begin(), heap_.end());
    return std::exchange(heap_, {});
  }

 private:
  size_t k_;
  std::vector<BasicNeighbor<Distance>> heap_;  // a max-heap: the worst kept neighbor in front
};

using TopK = BasicTopK<int32_t>;

}  // namespace sightline
