#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "native/vectors/hnsw_graph.h"

namespace sightline::bench {

// hnswlib's float32 index with its own, widest kernels: M 16, efConstruction 200, inner product.
class HnswlibIndex {
 public:
  // rows: [n, dim] float32, row-major, inserted in order on one thread.
  HnswlibIndex(std::span<const float> rows, uint32_t dim);
  ~HnswlibIndex();

  uint32_t rows() const;
  // Of the file that hnswlib would write.
  uint64_t stored_bytes() const;
  void set_ef_search(uint32_t ef_search);
  // Writes at most nearest.size() rows, nearest first; returns how many.
  size_t search(const float* query, std::span<uint32_t> nearest) const;
  // The same graph for our own search.
  HnswGraph copy_graph() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sightline::bench
