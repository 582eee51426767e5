#include "tests/bench/data/ground_truth.h"

#include <algorithm>

#include "indexer/base/parallel.h"
#include "native/vectors/dot.h"

namespace sightline::bench {

GroundTruth::GroundTruth(const Vectors& queries, uint32_t k)
    : queries_(queries), k_(k), heaps_(queries.rows) {}

void GroundTruth::offer(size_t query, Candidate candidate) {
  const auto nearer = [](const Candidate& a, const Candidate& b) {
    return a.distance < b.distance || (a.distance == b.distance && a.ordinal < b.ordinal);
  };
  auto& heap = heaps_[query];
  if (heap.size() == k_) {
    if (!nearer(candidate, heap.front())) return;
    std::pop_heap(heap.begin(), heap.end(), nearer);
    heap.pop_back();
  }
  heap.push_back(candidate);
  std::push_heap(heap.begin(), heap.end(), nearer);
}

void GroundTruth::add(std::span<const float> rows, uint32_t first_ordinal) {
  // A block of queries stays in the cache while rows stream by.
  constexpr size_t kQueriesAtOnce = 64;
  const size_t dim = queries_.dim;
  const auto dot = best_dot_kernels().dot_f32;
  const size_t blocks = (queries_.rows + kQueriesAtOnce - 1) / kQueriesAtOnce;
  parallel_for(blocks, std::thread::hardware_concurrency(), [&](size_t block) {
    const size_t begin = block * kQueriesAtOnce;
    const size_t end = std::min<size_t>(queries_.rows, begin + kQueriesAtOnce);
    for (size_t i = 0; i * dim < rows.size(); ++i) {
      const float* row = rows.data() + i * dim;
      for (size_t query = begin; query < end; ++query) {
        const float distance = -dot(queries_.row(query).data(), row, dim);
        offer(query, {distance, first_ordinal + static_cast<uint32_t>(i)});
      }
    }
  });
}

Ordinals GroundTruth::take() {
  Ordinals ordinals{queries_.rows, k_, {}};
  for (auto& heap : heaps_) {
    if (heap.size() < k_) fail("fewer rows than k");
    std::sort(heap.begin(), heap.end(), [](const Candidate& a, const Candidate& b) {
      return a.distance < b.distance || (a.distance == b.distance && a.ordinal < b.ordinal);
    });
    for (const auto& candidate : heap) ordinals.values.push_back(candidate.ordinal);
  }
  return ordinals;
}

}  // namespace sightline::bench
