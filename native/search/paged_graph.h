#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/cells.h"
#include "native/vectors/exact_search.h"
#include "native/vectors/hnsw_graph.h"
#include "native/vectors/hnsw_search.h"
#include "native/vectors/query_aware_codes.h"

namespace sightline {

// The page does not search it: it would have to load every cell and the graph besides.
#if defined(__EMSCRIPTEN__)
inline constexpr bool kSearchesGraphs = false;
#else
inline constexpr bool kSearchesGraphs = true;
#endif

// The graph over the rows of a paged index, searched by the first tier of their codes: for programs
// that have all cells in memory.
class PagedGraph {
 public:
  PagedGraph() = default;
  explicit PagedGraph(ObjectParts parts) : parts_(std::move(parts)), raw_(parts_.size()) {}

  bool exists() const { return !parts_.empty(); }
  bool is_whole() const { return graph_.has_value(); }
  // Parts that are not here yet.
  std::vector<uint32_t> missing_parts() const;
  const ObjectRef& part(uint32_t number) const { return parts_[number]; }
  Result<void> take_part(uint32_t number, std::span<const uint8_t> payload, uint32_t row_count);

  // Copies the first tier of a cell's rows, which the graph visits one by one: [groups] as in
  // cells.
  void take_cell(uint32_t cell, std::span<const uint8_t> groups, size_t first_bytes,
                 const CellDirectory& directory);
  bool has_cells() const { return has_cells_; }
  // All of them have been taken.
  void set_cells() { has_cells_ = true; }

  // cell_offsets: [cells], what a cell's centroid adds to the sums of the tables. The `count` rows
  // of the largest sums that a search of that width finds. Requires is_whole() and has_cells().
  std::vector<Neighbor> search(const ScanTables& scan, std::span<const int32_t> cell_offsets,
                               size_t count, size_t ef_search, RowFilter rows_allowed);

 private:
  ObjectParts parts_;
  std::vector<std::vector<uint8_t>> raw_;
  std::optional<HnswGraph> graph_;
  bool has_cells_ = false;
  std::vector<uint8_t> codes_;         // [rows, first_bytes]
  std::vector<uint32_t> cell_of_row_;  // [rows]
  SearchScratch scratch_;
};

}  // namespace sightline
