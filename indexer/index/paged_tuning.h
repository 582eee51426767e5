#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/vectors/top_k.h"

namespace sightline {

struct PagedOptions;
struct PagedPlan;

// Queries to fit codes to, and others to measure with.
struct HeldOutQueries {
  std::vector<float> fitting;   // [n, dim]
  std::vector<float> held_out;  // [m, dim]

  // Every fifth query is held out, at most 200. Without queries, rows are held out and nothing is
  // left to fit to.
  static HeldOutQueries split(std::span<const float> queries, std::span<const float> rows,
                              uint32_t dim);
};

// The true nearest rows of the held-out queries, gathered while the rows pass by.
class HeldOutTruth {
 public:
  static constexpr size_t kNeighbors = 10;

  // queries: [m, dim]
  HeldOutTruth(std::vector<float> queries, uint32_t dim);

  // rows: [n, dim] from source row `first`; from any thread.
  void offer(uint32_t first, std::span<const float> rows);

  size_t query_count() const { return best_.size(); }
  std::span<const float> query(size_t i) const {
    return std::span(queries_).subspan(i * dim_, dim_);
  }
  // Source rows, nearest first.
  std::vector<uint32_t> nearest(size_t query) const;

 private:
  std::vector<float> queries_;
  uint32_t dim_;
  std::mutex mutex_;
  std::vector<BasicTopK<float>> best_;
};

// Chooses spread_weight, probe_cells, probe_depth, first_rows and settled_rows of the plan by the
// truth.
Result<void> tune_effort(const HeldOutTruth& truth, const PagedOptions& options, PagedPlan& plan);

}  // namespace sightline
