#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/facets.h"
#include "native/search/filter.h"
#include "native/vectors/exact_search.h"

namespace sightline {

// How many times more cells must be opened to find 10 rows where one of `rows_for_one` qualifies.
double reach_growth(std::span<const uint32_t> reach, double rows_for_one);

// A filter asked of the facets of a paged index: before any cell is there, how many of its rows may
// qualify; of the cells that are there, which rows do.
class FacetFilter {
 public:
  FacetFilter() = default;
  // added_rows: [cells], rows of deltas that belong to each cell.
  FacetFilter(const FacetInfo& info, const CellDirectory& directory,
              std::vector<uint32_t> added_rows);

  bool has_columns() const { return !columns_.empty(); }
  // Whether the facets have every field of the filter.
  bool knows(std::span<const FilterClause> clauses) const;

  // Takes another filter, none where it is empty; what was found for the same one before is kept.
  Result<void> choose(std::span<const FilterClause> clauses);
  bool is_active() const { return !clauses_.empty(); }

  // Names of values that are needed before rows can be looked at, and their coming.
  std::vector<ObjectRef> missing_names() const;
  Result<void> take_names(const ObjectRef& ref, std::span<const uint8_t> payload);

  // [cells]: rows expected to qualify, those of deltas among them; 0 where none can.
  std::span<const double> expected_rows() const { return expected_; }
  // Whether rows of the cell itself may qualify.
  bool may_hold(uint32_t cell) const { return may_hold_[cell]; }
  // Whether rows of any cell may; else only deltas hold some, and no cell tells where they lie.
  bool any_cell_holds() const;
  // Rows expected to qualify in all: exact where the one clause names whole bins.
  double expected_count() const { return expected_count_; }
  // How many cells of that order to open for k rows where a search without a filter opens
  // probe_cells, this query `opened` of them. reach: [cells], by which the order falls.
  size_t cells_to_open(std::span<const uint32_t> order, std::span<const double> reach,
                       size_t probe_cells, size_t opened, uint32_t k) const;
  // Rows that must qualify in the cells that are opened, for k of them to be near ones.
  uint64_t rows_wanted(uint32_t k) const;
  // Lists that hold every row that qualifies, as positions in the facets' lists; often none.
  std::span<const uint32_t> lists() const { return chosen_lists_; }

  // Rows [first, end) of a cell or a delta, by its number among them all.
  struct Rows {
    uint32_t number = 0;
    uint32_t first = 0;
    uint32_t end = 0;
    bool are_added = false;
  };
  // Looks at the rows of a cell or a delta, or at those of a list; once for each filter. Nothing
  // happens while names are missing. live: a bit per row, or empty.
  Result<void> look_at(const Rows& rows, std::span<const uint8_t> facets, RowFilter live);
  Result<void> look_at_list(uint32_t list, const RowList& rows, RowFilter live);
  // A bit per row that was looked at and qualifies.
  RowFilter rows() const { return bits_; }

 private:
  // Of each bin of the clause's column: the share of its rows that qualifies.
  std::vector<double> shares_of(const FilterClause& clause, const FacetColumn& column) const;
  // The share of all rows of deltas; shares: those of the bins.
  double added_share_of(const FilterClause& clause, const FacetColumn& column,
                        std::span<const double> shares) const;
  void choose_lists();
  void allow(uint32_t row) { bits_[row / 64] |= uint64_t{1} << (row % 64); }

  FacetInfo info_;
  std::vector<uint32_t> first_row_;   // [cells + 1]
  std::vector<uint32_t> added_rows_;  // [cells]
  std::vector<Column> columns_;       // names and values as in info_; facets of the rows looked at
  std::vector<FilterClause> clauses_;
  std::vector<ImagePredicate> predicates_;
  std::vector<double> expected_;
  std::vector<bool> may_hold_;  // [cells]
  double expected_count_ = 0;
  std::vector<uint32_t> chosen_lists_;
  std::vector<uint64_t> bits_;
  std::vector<bool> seen_, seen_lists_;  // cells, deltas and lists that were looked at
};

}  // namespace sightline
