#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "indexer/bundle/bundle_writer.h"
#include "native/base/result.h"
#include "native/bundle/columns.h"
#include "native/bundle/facets.h"
#include "native/vectors/query_aware_codes.h"

namespace sightline {

// Writes the facets of a paged index: beside the rows of every cell, in sums for the root, and as
// lists of the rows of rare values, where those are fewer bytes than the cells that hold them.
class FacetWriter {
 public:
  // columns: in the order of the index. Tags, and texts of which there are more than 65,536, are
  // left out; filters on them need the whole columns.
  explicit FacetWriter(std::vector<Column> columns);

  std::vector<uint8_t> of_rows(uint32_t first_row, uint32_t row_count) const;
  void add_piece(const RowList::Piece& piece) { pieces_.push_back(piece); }

  // codes: [rows, row_bytes]; the directory's cells have been written.
  Result<FacetInfo> finish(const QueryAwareCodes& codes, std::span<const uint8_t> row_codes,
                           std::vector<uint32_t> reach, const CellDirectory& directory,
                           BundleWriter& writer) const;

 private:
  Result<FacetColumn> sum_up(const Column& column, const CellDirectory& directory,
                             BundleWriter& writer) const;
  RowList list_of(std::span<const uint32_t> rows, const QueryAwareCodes& codes,
                  std::span<const uint8_t> row_codes) const;

  std::vector<Column> columns_;
  std::vector<RowList::Piece> pieces_;
};

}  // namespace sightline
