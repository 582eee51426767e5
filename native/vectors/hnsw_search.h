#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "native/vectors/exact_search.h"
#include "native/vectors/hnsw_graph.h"
#include "native/vectors/top_k.h"

namespace sightline {

// Memory a search reuses; one per thread. Grows to the largest graph searched with it.
template <class Distance>
class BasicSearchScratch {
 public:
  using Found = BasicNeighbor<Distance>;

  // Forgets the last search.
  void start(uint32_t rows) {
    if (visited_.size() < rows) visited_.resize(rows, 0);
    if (++epoch_ == 0) {
      std::fill(visited_.begin(), visited_.end(), uint16_t{0});
      epoch_ = 1;
    }
    nearest.clear();
    candidates.clear();
  }

  // True the first time a row is seen since start().
  bool visit(uint32_t row) {
    if (visited_[row] == epoch_) return false;
    visited_[row] = epoch_;
    return true;
  }

  std::vector<Found> nearest;     // a max-heap of at most ef_search rows
  std::vector<Found> candidates;  // a min-heap of rows to expand
  std::vector<uint32_t> fresh;    // the links of the row being expanded that were not yet seen

 private:
  std::vector<uint16_t> visited_;
  uint16_t epoch_ = 0;
};

using SearchScratch = BasicSearchScratch<int32_t>;

// Searches a graph as hnswlib does: greedy descent to level 1, then best-first on level 0 with
// max(ef_search, k) kept rows. Rows a filter does not allow are walked through, never returned.
//
// distance(ordinal) -> Distance, smaller is nearer; distance.prefetch(ordinal) is called ahead.
// All comparisons use (distance, ordinal), so the answer is a function of the arguments on every
// target, and equals hnswlib's wherever no two distances are equal. Nearest first, at most k.
template <class DistanceFn, class Distance>
std::vector<BasicNeighbor<Distance>> search_graph(const HnswGraph& graph,
                                                  const DistanceFn& distance, size_t k,
                                                  size_t ef_search,
                                                  BasicSearchScratch<Distance>& scratch,
                                                  RowFilter filter = {}) {
  using Found = BasicNeighbor<Distance>;
  if (graph.rows() == 0 || k == 0) return {};
  Found entry{distance(graph.entry_point()), graph.entry_point()};
  for (uint32_t level = graph.top_level(); level > 0; --level) {
    for (bool moved = true; moved;) {
      moved = false;
      const auto links = graph.upper_neighbors(entry.ordinal, level);
      for (const uint32_t row : links) distance.prefetch(row);
      for (const uint32_t row : links) {
        const Found found{distance(row), row};
        if (found < entry) entry = found, moved = true;
      }
    }
  }

  const auto farthest_last = [](const Found& a, const Found& b) { return b < a; };
  const size_t kept_count = std::max(ef_search, k);
  scratch.start(graph.rows());
  auto& nearest = scratch.nearest;
  auto& candidates = scratch.candidates;
  auto& fresh = scratch.fresh;
  scratch.visit(entry.ordinal);
  candidates.push_back(entry);
  if (row_allowed(filter, entry.ordinal)) nearest.push_back(entry);

  while (!candidates.empty()) {
    const Found current = candidates.front();
    if (nearest.size() == kept_count && nearest.front() < current) break;
    std::pop_heap(candidates.begin(), candidates.end(), farthest_last);
    candidates.pop_back();
    fresh.clear();
    for (const uint32_t row : graph.base_neighbors(current.ordinal)) {
      if (!scratch.visit(row)) continue;
      distance.prefetch(row);
      fresh.push_back(row);
    }
    for (const uint32_t row : fresh) {
      const Found found{distance(row), row};
      const bool full = nearest.size() == kept_count;
      if (full && !(found < nearest.front())) continue;
      candidates.push_back(found);
      std::push_heap(candidates.begin(), candidates.end(), farthest_last);
      if (!row_allowed(filter, row)) continue;
      if (full) {
        std::pop_heap(nearest.begin(), nearest.end());
        nearest.back() = found;
      } else {
        nearest.push_back(found);
      }
      std::push_heap(nearest.begin(), nearest.end());
    }
  }
  std::sort_heap(nearest.begin(), nearest.end());
  return {nearest.begin(), nearest.begin() + static_cast<ptrdiff_t>(std::min(k, nearest.size()))};
}

// search_graph by the first tier of the codes, then the k nearest of the max(ef_search, k) rows
// found by their refined distances. Rows of the table behind those of the graph are scanned
// besides. Requires table.rows >= graph.rows(), query.values.size() == table.dim and, where there
// is a filter, a bit for each row.
std::vector<Neighbor> search_hnsw(const HnswGraph& graph, const CodeTable& table,
                                  const QueryCode& query, size_t k, size_t ef_search,
                                  SearchScratch& scratch, RowFilter filter = {},
                                  const DotKernels& kernels = best_dot_kernels());

}  // namespace sightline
