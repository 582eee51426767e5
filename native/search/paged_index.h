#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/cells.h"
#include "native/bundle/root.h"
#include "native/search/cell_cache.h"
#include "native/search/delta_runs.h"
#include "native/search/facet_filter.h"
#include "native/search/paged_graph.h"
#include "native/vectors/query_aware_codes.h"

namespace sightline {

// One table of rows of which only the root's directory is in memory at first; row i shows image i.
// What a query needs of it comes into its cache; PagedQuery asks the questions.
//
// Objects are numbered: cells first, then deltas, whose rows follow those of the cells.
class PagedIndex {
 public:
  static Result<PagedIndex> open(const IndexInfo& info, const Root& root);

  const QueryAwareCodes& codes() const { return codes_; }
  // Its cells and first_row go on with those of deltas.
  const CellDirectory& directory() const { return directory_; }
  uint32_t row_count() const { return directory_.first_row.back(); }  // deltas included
  uint32_t cell_count() const { return cell_count_; }                 // deltas left out
  const DeltaRuns& runs() const { return runs_; }
  const FacetTable& facets() const { return facets_; }
  CellCache& cache() { return cache_; }
  const CellCache& cache() const { return cache_; }

  // Where it is in memory and a scan would not be quick.
  bool prefers_graph() const;
  PagedGraph& graph() { return graph_; }
  const PagedGraph& graph() const { return graph_; }

  // The share of all rows that are not gone.
  double live_share() const { return live_share_; }

  // The filter of the query before, with the rows it has looked at, where it is the same one. The
  // query that ends gives it back.
  Result<std::unique_ptr<FacetFilter>> take_filter(std::span<const FilterClause> clauses);
  void keep_filter(std::unique_ptr<FacetFilter> filter) { kept_filter_ = std::move(filter); }

  // Adds the object to `missing`.
  void want_object(uint32_t number, std::vector<ObjectRef>& missing);
  void want_list(uint32_t number, std::vector<ObjectRef>& missing);
  void want_names(const ObjectRef& ref, std::vector<ObjectRef>& missing);
  // The transform's rows that are not in the root; none where they are here.
  bool has_transform() const { return has_rest_; }
  void want_transform(std::vector<ObjectRef>& missing);
  // Of the parts of the graph that are not here; true where all are.
  bool want_graph(std::vector<ObjectRef>& missing);

  // Takes an object that was asked for; kInvalidArgument: nothing asked for it.
  Result<void> take(const ObjectRef& ref, std::span<const uint8_t> payload);
  bool waits_for(const ObjectRef& ref) const { return cache_.waits_for(ref); }

  // The object that holds a row, and the cell around whose centroid the row is coded.
  uint32_t object_of(uint32_t row) const;
  uint32_t centroid_of(uint32_t row) const;

  // The rows of a piece, as a cell or a list in memory says.
  struct PiecePlace {
    uint32_t first_row = 0;
    uint32_t row_count = 0;
    ObjectRef ref;
  };
  // Nothing where neither is in memory.
  std::optional<PiecePlace> piece_of(uint32_t row) const;
  void want_piece(const PiecePlace& place, std::vector<ObjectRef>& missing);
  // The piece and a row's position in it; null where it is not in memory.
  struct RowRest {
    const CellPiece* piece = nullptr;
    uint32_t position = 0;
  };
  RowRest find_rest(uint32_t row) const;
  // The first tier of a row in a cell or a list in memory; false where there is none.
  bool gather_row(uint32_t row, std::span<uint8_t> bytes) const;

  // The embedding of a row as the codes hold it: [dim]; and what must be added before, in rounds.
  Result<std::vector<float>> embedding(uint32_t row) const;
  std::vector<ObjectRef> missing_for_embedding(uint32_t row);
  // The cell, where it is not in memory: it says where the row's piece is.
  std::vector<ObjectRef> missing_for_piece(uint32_t row);

  // Cells and deltas that are not in memory, for who has time to fetch them ahead.
  std::vector<ObjectRef> missing_cells();
  // From here on, once all cells are in memory, a search looks at all that may hold near rows, not
  // only at those it would fetch. Until then an answer never depends on what was asked before.
  void search_resident_cells() { searches_resident_ = true; }
  bool has_all_cells() const { return cache_.cells().size() == directory_.cells.size(); }
  bool searches_resident() const { return searches_resident_ && has_all_cells(); }

 private:
  PagedIndex() = default;
  void add_deltas(const CellDeltas& deltas);
  Result<void> take_transform(uint32_t part, std::span<const uint8_t> payload);

  QueryAwareCodes codes_;
  bool has_rest_ = false;                              // of the transform
  std::vector<std::vector<uint8_t>> transform_parts_;  // while not all of them are here
  CellDirectory directory_;
  uint32_t cell_count_ = 0;
  DeltaRuns runs_;
  uint32_t image_count_ = 0;
  double live_share_ = 1;
  PagedGraph graph_;
  FacetTable facets_;
  std::unique_ptr<FacetFilter> kept_filter_;
  CellCache cache_;
  bool searches_resident_ = false;
};

}  // namespace sightline
