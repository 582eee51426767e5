#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/cells.h"
#include "native/bundle/columns.h"
#include "native/bundle/object_ref.h"

namespace sightline {

// Which cells of a paged index hold which values of a facet, known before any cell is there.
//
// The values of a facet are put into bins: a category's by the order of its names, one value or
// several to a bin; a number's by its edges. Of each bin the root tells the rows of every cell,
// rounded down to a power of two.
struct FacetColumn {
  std::string name;
  ColumnType type = ColumnType::kCategory;  // or kNumber
  uint32_t value_count = 0;                 // of a category
  std::vector<uint32_t> first_code;         // of a category [bins], ascending from 0
  std::vector<std::string> first_name;      // of a category [bins]
  std::vector<double> edges;                // of a number [bins + 1], not descending, finite
  std::vector<uint32_t> bin_rows;           // [bins]: rows in all
  // [cells, bins]: 0 where the cell has no row of the bin, else 1 + log2 of their number, rounded
  // down; the most is 15.
  std::vector<uint8_t> cell_rows;
  ObjectParts names;  // of a category: one object with all values; none: each has its own bin
  // What only rows of deltas hold: values of a category, whose codes follow the others; of a number
  // the range of theirs, or nothing where they have none.
  std::vector<std::string> added_names;
  std::vector<double> added_range;  // [0 or 2]

  size_t bin_count() const { return bin_rows.size(); }
};

// The rows of a rare value, in an object of their own.
struct FacetList {
  uint16_t column = 0;  // position in FacetInfo::columns, a category
  std::string value;
  uint32_t row_count = 0;
  ObjectRef ref;  // kind kRowList
};

inline constexpr size_t kReachCount = 8;

struct FacetInfo {
  // Cells a query opens to find most of its nearest 10, 20, 40, ... 1,280 rows: a filter that lets
  // a tenth of the rows through needs the nearest 100 of them to find 10. [kReachCount]
  std::vector<uint32_t> reach;
  std::vector<FacetColumn> columns;  // empty: the bundle has no facets by cells
  std::vector<FacetList> lists;      // of rows of the cells
};

void write_facets(ByteWriter& writer, const FacetInfo& facets);
Result<FacetInfo> read_facets(ByteReader& reader);

// All names of a category with more values than bins.
std::vector<uint8_t> write_facet_names(std::span<const std::string> names);
Result<std::vector<std::string>> parse_facet_names(std::span<const uint8_t> payload,
                                                   uint32_t expected_count);

// The facets of some rows, as cells and lists end with them: of each column a base and what each
// row adds to it, in as few bits as the largest needs.
std::vector<uint8_t> write_row_facets(std::span<const Column> columns, uint32_t first_row,
                                      uint32_t row_count);
// Fills `codes` or `numbers` of the columns, which are those of the schema; their other members
// stay as they are. are_added: of rows of a delta.
Result<void> read_row_facets(std::span<const uint8_t> bytes, std::span<const FacetColumn> schema,
                             uint32_t row_count, bool are_added, std::span<Column> columns);

// Rows of a rare value: the first tier of their codes, and where the rest of them is.
struct RowList {
  struct Piece {
    uint32_t first_row = 0;  // of the index
    uint32_t row_count = 0;
    ObjectRef ref;
  };
  std::vector<uint32_t> rows;   // ascending
  std::vector<Piece> pieces;    // ascending; every row lies in one
  std::vector<uint8_t> codes;   // in groups, as in a cell
  std::vector<uint8_t> facets;  // of the rows
};

std::vector<uint8_t> write_row_list(const RowList& list);
Result<RowList> parse_row_list(std::span<const uint8_t> payload, uint32_t expected_rows,
                               uint32_t first_bytes, const CellDirectory& directory);

}  // namespace sightline
