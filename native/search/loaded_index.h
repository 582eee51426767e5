#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/root.h"
#include "native/bundle/views.h"
#include "native/vectors/codes.h"
#include "native/vectors/exact_search.h"
#include "native/vectors/hnsw_graph.h"
#include "native/vectors/hnsw_search.h"

namespace sightline {

// By the graph, over every row, or by the cells of a paged index; by default as the figures of the
// root and what is in memory suggest.
enum class SearchPath : uint8_t { kHnsw, kExact, kCells, kAuto };

// The best row of one image in one index.
struct ImageNeighbor {
  Neighbor neighbor;  // distance by code, row
  uint32_t image = 0;
};

// One table of rows with everything a search of it needs, resident in memory.
class LoadedIndex {
 public:
  explicit LoadedIndex(IndexInfo info) : info_(std::move(info)) {}

  const IndexInfo& info() const { return info_; }
  const CodeParameters& parameters() const { return parameters_; }
  const std::vector<ViewRow>& views() const { return views_; }
  CodeTable codes() const;
  // The embedding of a row as the codes hold it: [dim].
  void decode(uint32_t row, std::span<float> embedding) const;

  // Each takes the joined payload of its kind. The index is searchable once all have been taken.
  Result<void> take_parameters();
  Result<void> take_codes(std::vector<uint8_t> payload);
  Result<void> take_refinement(std::vector<uint8_t> payload);
  // live: a bit per image that is not gone, or empty.
  Result<void> take_views(std::span<const uint8_t> payload, uint32_t image_count,
                          std::span<const uint64_t> live);
  Result<void> take_graph(std::span<const uint8_t> payload);

  // The k images nearest to the query by their best row, nearest first. images_allowed has a bit
  // per image, none for those that are gone, or is empty: all others. Where few rows qualify, or
  // the graph finds fewer images than qualify, the rows are scanned whatever the path says: filters
  // never cost answers.
  std::vector<ImageNeighbor> search(const QueryCode& query, uint32_t k, uint32_t ef_search,
                                    SearchPath path, std::span<const uint64_t> images_allowed,
                                    SearchScratch& scratch) const;

 private:
  std::vector<ImageNeighbor> scan(const QueryCode& query, uint32_t k, RowFilter rows_allowed) const;
  std::vector<ImageNeighbor> collapse(std::span<const Neighbor> rows, uint32_t k) const;

  IndexInfo info_;
  CodeParameters parameters_;
  std::vector<uint8_t> codes_;       // [row_count, dim] int8
  std::vector<uint8_t> refinement_;  // [row_count, refinement_bytes(dim)], or empty
  std::vector<ViewRow> views_;       // [row_count]
  std::vector<uint64_t> live_rows_;  // a bit per row of an image that is not gone, or empty
  uint32_t shown_images_ = 0;        // images with at least one row
  std::optional<HnswGraph> graph_;
};

}  // namespace sightline
