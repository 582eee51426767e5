#pragma once

#include "tests/bench/data/npy_vectors.h"

namespace sightline::bench {

// Collects the exact k nearest rows of every query, by float32 inner product, while the base passes
// by in blocks.
class GroundTruth {
 public:
  GroundTruth(const Vectors& queries, uint32_t k);

  // rows: [n, dim] float32, the rows first_ordinal and following of the base.
  void add(std::span<const float> rows, uint32_t first_ordinal);

  // [queries, k], nearest first, equal distances by ordinal; the base must have held k rows.
  Ordinals take();

 private:
  struct Candidate {
    float distance;
    uint32_t ordinal;
  };
  void offer(size_t query, Candidate candidate);

  const Vectors& queries_;
  uint32_t k_;
  std::vector<std::vector<Candidate>> heaps_;
};

}  // namespace sightline::bench
