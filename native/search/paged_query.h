#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/search/cell_scan.h"
#include "native/search/facet_filter.h"
#include "native/search/paged_index.h"

namespace sightline {

// How far a search of a paged index goes. Zeros: as the bundle says.
struct PagedEffort {
  uint32_t probe_cells = 0;  // cells opened (nprobe)
  uint32_t refine_rows = 0;  // rows whose rest is fetched (rerank)
  uint32_t ef_search = 0;    // above 0: by the graph, of so many candidates; loads all cells
  // Also where all cells are in memory, no more of them than from an empty cache.
  bool only_opened = false;
};

// Where all cells are in memory and PagedIndex::search_resident_cells() was called, so many times
// the cells that are opened otherwise are searched: those behind hardly ever hold near rows, and
// all cells of a large bundle take long.
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

// The answer shown first refines few rows, by the components whose transform is in the root.
enum class Stage : uint8_t { kFirst, kSettled };

// What is known by what is in memory, and what would have to be added for the full answer.
struct PagedAnswer {
  std::vector<PagedHit> hits;      // best first
  std::vector<ObjectRef> missing;  // the next round of fetches; empty: this is the answer
};

// One question to a PagedIndex. It keeps what it has worked out from round to round, and what it
// works with in memory. Its answer depends on nothing that was asked before.
//
//   answer = step(stage)  →  add what is missing  →  step(stage) again …
class PagedQuery {
 public:
  // query: [dim]. At most k hits. The index must stay where it is while this lives. filters: of
  // fields that its facets know. rows_allowed: a bit per row, or empty; must outlive this.
  static Result<PagedQuery> begin(PagedIndex& index, std::span<const float> query, uint32_t k,
                                  const PagedEffort& effort, std::span<const FilterClause> filters,
                                  RowFilter rows_allowed);
  PagedQuery(PagedQuery&& other) = default;
  ~PagedQuery();

  Result<PagedAnswer> step(Stage stage);

  // The similarity of any row by all of its code; nothing where that is not in memory.
  std::optional<double> similarity(uint32_t row) const;

 private:
  explicit PagedQuery(PagedIndex& index) : index_(&index), lease_(index.cache()) {}
  void plan_cells();
  uint32_t refined_rows(Stage stage) const;

  // Each opens what it can, scans what has come, and adds the rest to `missing`.
  Result<void> scan_lists(std::vector<ObjectRef>& missing);
  Result<void> scan_in_order(std::vector<ObjectRef>& missing);
  Result<void> scan_graph(std::vector<ObjectRef>& missing);
  // A cell or a delta, by its number: scans it once; null while it is not in memory.
  Result<const Cell*> open_object(uint32_t number, std::vector<ObjectRef>& missing);
  void scan(uint32_t number, const Cell& cell);
  // Rows of [first, end) that are known to qualify.
  uint32_t count_qualified(uint32_t first, uint32_t end) const;
  bool any_allowed(uint32_t first, uint32_t end) const;
  RowFilter scanned_rows() const { return filter_ ? filter_->rows() : rows_allowed_; }

  double refine(uint32_t row, const PagedIndex::RowRest& rest, const DigitValues& digits) const;
  std::vector<PagedHit> refine_ranked(Stage stage, bool wants_pieces,
                                      std::vector<ObjectRef>& missing);
  // The digits of a stage, once the transform is here; null before.
  const DigitValues* digits_of(Stage stage);

  PagedIndex* index_;
  CellCache::Lease lease_;
  std::vector<float> query_;
  uint32_t k_ = 0;
  PagedEffort effort_;
  RowFilter rows_allowed_;
  std::unique_ptr<FacetFilter> filter_;
  std::vector<double> offsets_;  // [cells]: the similarity of each centroid
  ScanTables scan_;
  std::optional<DigitValues> first_digits_, all_digits_;
  std::vector<uint32_t> order_;   // cells, the farthest-reaching first
  uint64_t opened_ = 0;           // of them are opened
  bool only_deltas_ = false;      // lists hold the rows of the cells
  std::vector<bool> is_scanned_;  // [cells and deltas]
  std::vector<bool> is_list_scanned_;
  std::optional<BestRows> best_;
  std::vector<Neighbor> ranked_;  // once everything has been scanned
  bool is_ranked_ = false;
};

}  // namespace sightline
