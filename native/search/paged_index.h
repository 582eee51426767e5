#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/cells.h"
#include "native/bundle/root.h"
#include "native/search/cell_scan.h"
#include "native/search/delta_runs.h"
#include "native/search/facet_filter.h"
#include "native/search/loaded_index.h"
#include "native/search/paged_graph.h"
#include "native/vectors/exact_search.h"
#include "native/vectors/query_aware_codes.h"

namespace sightline {

// How far a search of a paged index goes. Zeros: as the bundle says.
struct PagedEffort {
  uint32_t probe_cells = 0;  // cells opened; of the next best, those in memory are searched besides
  uint32_t refine_rows =
      0;                  // rows whose rest is fetched; the next best are refined where it is there
  bool is_first = false;  // the answer shown first: refines fewer rows
  uint32_t ef_search = 0;    // above 0: by the graph, of so many candidates; loads all cells
  bool only_opened = false;  // other cells in memory are left out
};

// Cells in memory are searched if they are among so many times the cells that are opened: the rows
// of those behind are hardly ever near, and all cells of a large bundle take long.
constexpr uint32_t kSearchedPerProbe = 20;

// Rows looked at for refinement, for each whose rest is fetched: most of the others lie in pieces
// that are fetched anyway.
constexpr uint32_t kRankedPerRefined = 8;

// A row found; its similarity comes from the first tier alone until it is refined.
struct PagedHit {
  uint32_t row = 0;
  double similarity = 0;
  bool is_refined = false;
};

// Refined ones first, then the more similar, then the smaller row.
void sort_best_first(std::vector<PagedHit>& hits);

// What is known by what is in memory, and what would have to be added for the full answer.
struct PagedAnswer {
  std::vector<PagedHit> hits;      // best first
  std::vector<ObjectRef> missing;  // the next round of fetches; empty: this is the answer
};

// One table of rows of which only the root's directory is in memory at first; row i shows image i.
//
//   answer = search(query)  →  add what is missing  →  search(query) again …  at most twice
class PagedIndex {
 public:
  static Result<PagedIndex> open(const IndexInfo& info, const Root& root);

  uint32_t row_count() const { return directory_.first_row.back(); }  // deltas included
  bool has_graph() const { return graph_.exists(); }
  // Where it is in memory and a scan would not be quick.
  bool prefers_graph() const;

  // A new question: what was used for those before may be forgotten.
  void begin_search() { ++clock_; }

  // Filters by what the cells know of their rows; of other fields, and of which rows are gone,
  // rows_allowed of search() tells.
  bool knows_fields(std::span<const FilterClause> filters) const { return facets_.knows(filters); }
  Result<void> set_filters(std::span<const FilterClause> filters) {
    return facets_.choose(filters);
  }
  // Of the rows that are left.
  double expected_count() const { return live_share_ * facets_.expected_count(); }

  // query: [dim]. At most k hits. rows_allowed has a bit per row, or is empty.
  Result<PagedAnswer> search(std::span<const float> query, uint32_t k, const PagedEffort& effort,
                             RowFilter rows_allowed);

  // Takes an object that a search or find_piece asked for; kInvalidArgument: nothing asked for it.
  Result<void> take(const ObjectRef& ref, std::span<const uint8_t> payload);
  bool waits_for(const ObjectRef& ref) const { return wanted_.contains(ref.sha256); }

  // The rest of a row, or null where it is not in memory: then what to add next is in `missing`.
  struct RowRest {
    const CellPiece* piece = nullptr;
    uint32_t position = 0;
  };
  RowRest find_rest(uint32_t row, std::vector<ObjectRef>& missing);

  // Where the rest of a row is stored; nothing where its cell is not in memory.
  struct RestPlace {
    ObjectRef ref;
    uint32_t position = 0;
  };
  std::optional<RestPlace> place_of(uint32_t row) const;
  // As place_of; asks for the cell where it is not there.
  std::optional<RestPlace> find_piece(uint32_t row, std::vector<ObjectRef>& missing);

  // The embedding of a row as the codes hold it: [dim]; and what must be added before, in rounds.
  Result<std::vector<float>> embedding(uint32_t row) const;
  std::vector<ObjectRef> missing_for_embedding(uint32_t row);

  // The cells that are not in memory, for who has time to fetch them ahead.
  std::vector<ObjectRef> missing_cells();

  uint64_t resident_bytes() const { return resident_bytes_; }
  // Above this, what was not used for longest is forgotten, except by the search that goes on.
  void set_memory_limit(uint64_t bytes) { memory_limit_ = bytes; }

 private:
  // What an object that was asked for is: a cell, a piece, a list of rows, ...
  enum class Part : uint8_t { kTransform, kCell, kPiece, kList, kNames, kGraph };
  struct Place {
    Part part = Part::kCell;
    uint32_t number = 0;  // of the part, the cell or the list; of a piece, its first row
    uint32_t rows = 0;    // of a piece
    uint32_t cell = 0;    // of a piece
  };

  // Where a row's piece is, as a cell or a list in memory tells.
  struct PiecePlace {
    uint32_t first_row = 0;
    uint32_t row_count = 0;
    ObjectRef ref;
  };

  template <class Content>
  struct Resident {
    Content content;
    uint64_t bytes = 0;
    uint64_t used_at = 0;
  };

  PagedIndex() = default;
  void want_transform(std::vector<ObjectRef>& missing);
  void want(const ObjectRef& ref, Place place, std::vector<ObjectRef>& missing);
  uint32_t cell_of(uint32_t row) const;
  void add_deltas(const CellDeltas& deltas);
  uint32_t centroid_of(uint32_t row) const;
  std::optional<PiecePlace> piece_place(uint32_t row) const;
  // The first tier of a row in a cell or a list in memory; false where there is none.
  bool gather_row(uint32_t row, std::span<uint8_t> bytes) const;
  // All cells, deltas and the graph; true where they are here.
  bool want_graph(std::vector<ObjectRef>& missing);
  // A query, ready to be compared with rows.
  struct Asked {
    QueryWeights weights;
    std::vector<double> offsets;  // [cells]: the similarity of each centroid
    ScanTables scan;
  };
  // Offer the rows of the lists that are used, and of the objects to be searched, to the best.
  void scan_lists(const Asked& asked, RowFilter rows_allowed, BestRows& best) const;
  void scan_cells(const Asked& asked, const std::vector<bool>& is_searched, RowFilter rows_allowed,
                  BestRows& best) const;
  // The candidates in their order, refined where their pieces are here; those that the first
  // `wanted` lack are added to `missing`.
  std::vector<PagedHit> refine(const Asked& asked, std::span<const Neighbor> candidates,
                               size_t wanted, std::vector<ObjectRef>& missing);
  // Adds what a query needs of cells and deltas, or of deltas alone, to `missing`; is_searched:
  // [objects], those of which what is in memory is scanned.
  Result<void> want_cells(bool deltas_alone, std::span<const double> similarities, uint32_t k,
                          const PagedEffort& effort, RowFilter rows_allowed,
                          std::vector<bool>& is_searched, std::vector<ObjectRef>& missing);
  Result<void> want_lists(RowFilter rows_allowed, std::vector<ObjectRef>& missing);
  // Tells the filter of the rows of a cell or a delta in memory.
  Result<void> ask_filter(uint32_t number, RowFilter rows_allowed);
  void open_cell(uint32_t cell, std::vector<ObjectRef>& missing);
  // The first `count` of the cells that may hold rows that are allowed, the farthest-reaching
  // first.
  std::vector<uint32_t> opening_order(std::span<const double> reach, uint64_t count,
                                      RowFilter rows_allowed) const;
  void forget_unused();

  QueryAwareCodes codes_;
  bool has_rest_ = false;                              // of the transform
  std::vector<std::vector<uint8_t>> transform_parts_;  // while not all of them are here
  CellDirectory directory_;  // its cells and first_row go on with those of deltas
  uint32_t base_cells_ = 0;
  DeltaRuns runs_;
  uint32_t image_count_ = 0;
  double live_share_ = 1;  // of all rows
  PagedGraph graph_;
  FacetFilter facets_;
  std::vector<FacetList> known_lists_;
  std::map<uint32_t, Resident<Cell>> cells_;
  std::map<uint32_t, Resident<CellPiece>> pieces_;  // by first row
  std::map<uint32_t, Resident<RowList>> lists_;
  std::map<Sha256Digest, Place> wanted_;
  uint64_t clock_ = 0;
  uint64_t resident_bytes_ = 0;
  uint64_t memory_limit_ = UINT64_MAX;
};

}  // namespace sightline
