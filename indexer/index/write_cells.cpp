#include "indexer/index/write_cells.h"

#include <algorithm>

#include "native/bundle/cells.h"
#include "native/vectors/scan_kernels.h"

namespace sightline {
namespace {

// The first tier of rows [first, first + count) in groups, as cells hold it.
std::vector<uint8_t> grouped_codes(const PagedPlan& plan, uint32_t first, uint32_t count) {
  const size_t row_bytes = plan.basis.codes.row_bytes();
  const size_t first_bytes = plan.basis.codes.first_bytes();
  const size_t groups = (count + kScanGroup - 1) / kScanGroup;
  std::vector<uint8_t> codes(groups * kScanGroup * first_bytes);
  for (size_t row = 0; row < count; ++row) {
    uint8_t* group = codes.data() + row / kScanGroup * kScanGroup * first_bytes;
    for (size_t b = 0; b < first_bytes; ++b) {
      group[b * kScanGroup + row % kScanGroup] = plan.codes[(first + row) * row_bytes + b];
    }
  }
  return codes;
}

// What refines rows [first, end), and their records.
Result<CellPiece> make_piece(const PagedPlan& plan, uint32_t first, uint32_t end,
                             uint32_t first_ordinal, const RecordOf& record_of) {
  const size_t row_bytes = plan.basis.codes.row_bytes();
  CellPiece piece;
  for (uint32_t row = first; row < end; ++row) {
    const auto rest = std::span(plan.codes)
                          .subspan(row * row_bytes, row_bytes)
                          .subspan(plan.basis.codes.first_bytes());
    piece.codes.insert(piece.codes.end(), rest.begin(), rest.end());
    ASSIGN_OR_RETURN(auto record, record_of(plan.source_rows[row]));
    const PixelBox whole{0, 0, std::max(1u, record.width_px), std::max(1u, record.height_px)};
    piece.views.push_back({first_ordinal + row, {ViewKind::kWhole, whole}});
    piece.records.push_back(std::move(record));
  }
  return piece;
}

}  // namespace

Result<std::vector<ObjectRef>> write_cells(const PagedPlan& plan, uint32_t first_ordinal,
                                           const RecordOf& record_of, FacetWriter* facets,
                                           BundleWriter& writer, Progress& progress) {
  const auto& first_row = plan.directory.first_row;
  std::vector<ObjectRef> cells;
  progress.begin("cells", plan.source_rows.size());
  for (size_t number = 0; number + 1 < first_row.size(); ++number) {
    const uint32_t first = first_row[number];
    const uint32_t end = first_row[number + 1];
    Cell cell;
    cell.row_count = end - first;
    cell.codes = grouped_codes(plan, first, cell.row_count);
    if (facets != nullptr) cell.facets = facets->of_rows(first, cell.row_count);
    for (uint32_t start = first; start < end; start += plan.piece_rows) {
      const uint32_t piece_end = std::min(end, start + plan.piece_rows);
      ASSIGN_OR_RETURN(const auto piece,
                       make_piece(plan, start, piece_end, first_ordinal, record_of));
      ASSIGN_OR_RETURN(const auto ref, writer.add(ObjectKind::kPiece, write_cell_piece(piece)));
      cell.pieces.push_back({start - first, ref});
      if (facets != nullptr) facets->add_piece({start, piece_end - start, ref});
    }
    ASSIGN_OR_RETURN(const auto ref, writer.add(ObjectKind::kCell, write_cell(cell)));
    cells.push_back(ref);
    progress.add(cell.row_count);
  }
  return cells;
}

Result<PagedParts> write_paged_index(const PagedPlan& plan, const RecordOf& record_of,
                                     FacetWriter facets, BundleWriter& writer, Progress& progress) {
  const auto& codes = plan.basis.codes;
  PagedParts parts;
  IndexInfo& info = parts.index;
  info.layout = IndexLayout::kPaged;
  info.row_count = static_cast<uint32_t>(plan.source_rows.size());
  info.dim = static_cast<uint32_t>(codes.dim());
  info.code_parameters = write_query_aware_codes(codes);
  info.cells = plan.directory;
  if (const auto rest = write_transform_rest(codes); !rest.empty()) {
    ASSIGN_OR_RETURN(info.cells.transform_rest, writer.add_payload(ObjectKind::kTransform, rest));
  }
  ASSIGN_OR_RETURN(info.cells.cells, write_cells(plan, 0, record_of, &facets, writer, progress));
  ASSIGN_OR_RETURN(parts.facets, facets.finish(codes, plan.codes, plan.reach, info.cells, writer));
  return parts;
}

}  // namespace sightline
