#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/facets.h"
#include "native/search/filter.h"
#include "native/vectors/exact_search.h"

namespace sightline {

// How many times more cells must be opened to find 10 rows where one of `rows_for_one` qualifies.
double reach_growth(std::span<const uint32_t> reach, double rows_for_one);

// What a paged index tells of its facets before any cell is there, and the names of their values.
class FacetTable {
 public:
  FacetTable() = default;
  // added_rows: [cells], rows of deltas that belong to each cell.
  FacetTable(const FacetInfo& info, const CellDirectory& directory,
             std::vector<uint32_t> added_rows);

  bool has_columns() const { return !columns_.empty(); }
  // Whether the facets have every field of the filter.
  bool knows(std::span<const FilterClause> clauses) const;

  // Names of values that are needed before rows can be looked at, and their coming.
  std::vector<ObjectRef> missing_names(std::span<const FilterClause> clauses) const;
  Result<void> take_names(const ObjectRef& ref, std::span<const uint8_t> payload);

  const FacetInfo& info() const { return info_; }
  // Names and values as in info(), without those of rows.
  std::span<const Column> columns() const { return columns_; }
  size_t cell_count() const { return added_rows_.size(); }
  uint32_t cell_rows() const { return first_row_.back(); }  // of all cells
  uint32_t rows_of(size_t cell) const { return first_row_[cell + 1] - first_row_[cell]; }
  uint32_t added_rows_of(size_t cell) const { return added_rows_[cell]; }

 private:
  FacetInfo info_;
  std::vector<uint32_t> first_row_;   // [cells + 1]
  std::vector<uint32_t> added_rows_;  // [cells]
  std::vector<Column> columns_;
};

// A filter asked of such facets: before any cell is there, how many of its rows may qualify; of the
// cells that are there, which rows do. `table` is always the one it was made with.
class FacetFilter {
 public:
  // Says what is wrong with a clause before anything is fetched for it. Requires table.knows().
  static Result<FacetFilter> make(const FacetTable& table, std::span<const FilterClause> clauses);

  std::span<const FilterClause> clauses() const { return clauses_; }

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
  size_t cells_to_open(const FacetTable& table, std::span<const uint32_t> order,
                       std::span<const double> reach, size_t probe_cells, size_t opened,
                       uint32_t k) const;
  // Rows that must qualify in the cells that are opened, for k of them to be near ones.
  uint64_t rows_wanted(uint32_t k) const;
  // Lists that hold every row that qualifies, as positions in the facets' lists; often none.
  std::span<const uint32_t> lists() const { return lists_; }

  // Rows [first, end) of a cell or a delta, by its number among them all.
  struct Rows {
    uint32_t number = 0;
    uint32_t first = 0;
    uint32_t end = 0;
    bool are_added = false;
  };
  // Looks at the rows of a cell or a delta, or at those of a list; each once. Requires that no
  // names are missing. live: a bit per row, or empty.
  Result<void> look_at(const FacetTable& table, const Rows& rows, std::span<const uint8_t> facets,
                       RowFilter live);
  Result<void> look_at_list(const FacetTable& table, uint32_t list, const RowList& rows,
                            RowFilter live);
  // A bit per row that was looked at and qualifies.
  RowFilter rows() const { return bits_; }

 private:
  void choose_lists(const FacetInfo& info);
  Result<void> name_values(const FacetTable& table);
  void allow(uint32_t row) { bits_[row / 64] |= uint64_t{1} << (row % 64); }

  std::vector<FilterClause> clauses_;
  std::vector<double> expected_;
  std::vector<bool> may_hold_;  // [cells]
  double expected_count_ = 0;
  std::vector<uint32_t> lists_;
  // The table's columns with the facets of the rows looked at, and the clauses asked of them; on
  // the heap, for the predicates refer to the columns.
  std::unique_ptr<std::vector<Column>> columns_;
  std::vector<ImagePredicate> predicates_;
  std::vector<uint64_t> bits_;
  std::vector<bool> seen_, seen_lists_;  // cells and deltas, and lists, that were looked at
};

}  // namespace sightline
