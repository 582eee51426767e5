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

// Reads one row: [dim].
using ReadRow = std::function<Result<void>(uint32_t row, std::span<float> values)>;

// The graph of the rows inserted so far; takes a moment.
using GraphSoFar = std::function<Result<HnswGraph>()>;

// For builds that can be stopped and go on later.
struct GraphResumption {
  HnswGraph begun;  // of the first rows, as so_far gave it to a build of the same rows and options
  std::function<void(uint32_t done, const GraphSoFar& so_far)> after_row;  // may be empty
};

// As above over rows that are read one by one: memory is what the graph and one copy of the rows
// take. The graph is the same however often its build was resumed. kInvalidArgument also where
// what was begun is of other options.
Result<HnswGraph> build_graph(uint32_t row_count, uint32_t dim, const ReadRow& read,
                              const GraphOptions& options, const GraphProgress& progress,
                              const GraphResumption& resumption = {});

// The graph with row order[i] as row i. order: every row once.
Result<HnswGraph> renumbered(const HnswGraph& graph, std::span<const uint32_t> order);

}  // namespace sightline
