#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "native/base/result.h"

namespace sightline {

// The lists of a graph as plain arrays, in the order of the payload.
struct HnswGraphLists {
  uint32_t m = 0;                   // a list holds at most 2 * m links on level 0 and m above
  uint32_t entry_point = 0;         // a row of the top level; 0 where there are no rows
  std::vector<uint8_t> levels;      // [rows], the highest level of each row
  std::vector<uint16_t> counts;     // [rows + sum of levels]: level 0 of every row, then levels
                                    // 1..levels[row] of each row
  std::vector<uint32_t> neighbors;  // [sum of counts], the lists in the order of counts
};

// A checked, immutable HNSW graph (Malkov and Yashunin 2016) over rows 0..rows-1. Every link was
// checked when it was made, so that a search needs no bounds checks.
class HnswGraph {
 public:
  static constexpr uint32_t kMaxM = 256;
  static constexpr uint32_t kMaxLevel = 32;

  HnswGraph() = default;  // no rows

  // Checks lists and links; kCorrupt names the first that is wrong.
  static Result<HnswGraph> from_lists(HnswGraphLists lists);

  // Reads the payload of a graph section (native/FORMAT.md). Never allocates more than a small
  // multiple of payload.size(). most_rows is the row count of the section it belongs to; a later
  // build may have added rows there that the graph does not know.
  static Result<HnswGraph> parse(std::span<const uint8_t> payload, uint32_t most_rows);

  uint32_t rows() const { return static_cast<uint32_t>(base_begin_.size()) - 1; }
  uint32_t m() const { return m_; }
  uint32_t entry_point() const { return entry_point_; }
  uint32_t top_level() const { return rows() == 0 ? 0 : level(entry_point_); }
  uint32_t level(uint32_t row) const { return upper_first_[row + 1] - upper_first_[row]; }
  size_t link_count() const { return neighbors_.size(); }

  // The links of a row on level 0, in stored order.
  std::span<const uint32_t> base_neighbors(uint32_t row) const {
    return {neighbors_.data() + base_begin_[row], base_begin_[row + 1] - base_begin_[row]};
  }

  // The links of a row on level 1 <= level <= level(row), in stored order.
  std::span<const uint32_t> upper_neighbors(uint32_t row, uint32_t level) const {
    const uint32_t* begin = upper_begin_.data() + upper_first_[row] + level - 1;
    return {neighbors_.data() + begin[0], begin[1] - begin[0]};
  }

  // Where the level-0 links of a row start, to be prefetched.
  const uint32_t* base_begin(uint32_t row) const { return neighbors_.data() + base_begin_[row]; }

 private:
  uint32_t m_ = 0;
  uint32_t entry_point_ = 0;
  std::vector<uint32_t> base_begin_{0};   // [rows + 1], into neighbors_
  std::vector<uint32_t> upper_first_{0};  // [rows + 1], into upper_begin_
  std::vector<uint32_t> upper_begin_{0};  // [upper lists + 1], into neighbors_
  std::vector<uint32_t> neighbors_;
};

// The payload that HnswGraph::parse reads; a function of the graph alone.
std::vector<uint8_t> write_graph(const HnswGraph& graph);

}  // namespace sightline
