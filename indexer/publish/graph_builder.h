#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "native/base/result.h"
#include "native/vectors/hnsw_graph.h"

namespace sightline {

struct GraphOptions {
  uint32_t m = 16;                 // 2 to 128
  uint32_t ef_construction = 200;  // 1 to 10,000
  uint64_t seed = 100;             // of the random levels
};

// Called from the building thread with the rows inserted so far and in all.
using GraphProgress = std::function<void(uint32_t done, uint32_t total)>;

// Builds the HNSW graph of unit rows by inner product. rows: [n, dim] float32, row-major.
//
// Inserts in row order on one thread with kernels that agree on every processor, so the graph is a
// function of (rows, options). kInvalidArgument: an option out of range, or rows not whole.
Result<HnswGraph> build_graph(std::span<const float> rows, uint32_t dim,
                              const GraphOptions& options = {}, const GraphProgress& progress = {});

}  // namespace sightline
