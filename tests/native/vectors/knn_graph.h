#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "native/vectors/dot.h"
#include "native/vectors/hnsw_graph.h"
#include "native/vectors/top_k.h"
#include "tests/native/vectors/clustered_vectors.h"

namespace sightline::testing {

// A navigable graph where hnswlib cannot run: on every level each row links to its nearest rows by
// brute force and to a few random ones, which tie the clusters together. rows: [n, dim] float32.
inline HnswGraphLists knn_lists(std::span<const float> rows, size_t dim, uint32_t m,
                                uint64_t seed) {
  const auto row_count = static_cast<uint32_t>(rows.size() / dim);
  TestRandom random(seed);
  HnswGraphLists lists;
  lists.m = m;
  for (uint32_t row = 0; row < row_count; ++row) {
    uint8_t level = 0;
    while (level < 6 && random.below(m) == 0) ++level;
    if (row == 0 || level > lists.levels[lists.entry_point]) lists.entry_point = row;
    lists.levels.push_back(level);
  }
  const auto dot = best_dot_kernels().dot_f32;
  const auto add_list = [&](uint32_t row, uint8_t level, uint32_t longest) {
    BasicTopK<float> nearest(longest - longest / 4);
    std::vector<uint32_t> members;
    for (uint32_t other = 0; other < row_count; ++other) {
      if (other == row || lists.levels[other] < level) continue;
      nearest.offer(-dot(&rows[row * dim], &rows[other * dim], dim), other);
      members.push_back(other);
    }
    std::vector<uint32_t> links;
    for (const auto& neighbor : nearest.take_sorted()) links.push_back(neighbor.ordinal);
    for (uint32_t i = 0; i < longest / 4 && !members.empty(); ++i) {
      const uint32_t link = members[random.below(static_cast<uint32_t>(members.size()))];
      if (std::find(links.begin(), links.end(), link) == links.end()) links.push_back(link);
    }
    lists.counts.push_back(static_cast<uint16_t>(links.size()));
    lists.neighbors.insert(lists.neighbors.end(), links.begin(), links.end());
  };
  for (uint32_t row = 0; row < row_count; ++row) add_list(row, 0, 2 * m);
  for (uint32_t row = 0; row < row_count; ++row) {
    for (uint8_t level = 1; level <= lists.levels[row]; ++level) add_list(row, level, m);
  }
  return lists;
}

}  // namespace sightline::testing
