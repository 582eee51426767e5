#include "native/search/paged_index.h"

#include <algorithm>

#include "native/vectors/scan_kernels.h"

namespace sightline {
namespace {

// Codes that are scanned faster than a person notices (tests/bench/README.md, "Scan, cells or
// graph").
constexpr uint64_t kQuickScanBytes = 128u << 20;

uint64_t raw_bytes_of(const ObjectParts& parts) {
  uint64_t total = 0;
  for (const auto& part : parts) total += part.raw_bytes;
  return total;
}

// The first tier of one row, out of its group.
void gather_from_groups(std::span<const uint8_t> codes, size_t row, std::span<uint8_t> bytes) {
  const uint8_t* group = codes.data() + row / kScanGroup * kScanGroup * bytes.size();
  for (size_t b = 0; b < bytes.size(); ++b) bytes[b] = group[b * kScanGroup + row % kScanGroup];
}

}  // namespace

Result<PagedIndex> PagedIndex::open(const IndexInfo& info, const Root& root) {
  PagedIndex index;
  ASSIGN_OR_RETURN(index.codes_, parse_query_aware_codes(info.code_parameters, info.dim));
  index.directory_ = info.cells;
  index.add_deltas(root.deltas);
  index.image_count_ = root.image_count;
  index.live_share_ = double{1} * root.live_image_count() / std::max(1u, root.image_count);
  index.facets_ = FacetTable(root.facets, info.cells, index.runs_.row_counts());
  index.graph_ = PagedGraph(root.graph);
  index.has_rest_ = index.codes_.root_components == index.codes_.components();
  if (info.cells.centroid_components() > index.codes_.root_components) {
    return corrupt("cells: centroids of " + std::to_string(info.cells.centroid_components()) +
                   " components, the root has " + std::to_string(index.codes_.root_components));
  }
  const uint64_t rest_rows = index.codes_.components() - index.codes_.root_components;
  if (raw_bytes_of(info.cells.transform_rest) != rest_rows * info.dim) {
    return corrupt("cells: the rest of the transform has " +
                   std::to_string(raw_bytes_of(info.cells.transform_rest)) + " bytes, expected " +
                   std::to_string(rest_rows * info.dim));
  }
  index.transform_parts_.resize(info.cells.transform_rest.size());
  return index;
}

void PagedIndex::add_deltas(const CellDeltas& deltas) {
  cell_count_ = static_cast<uint32_t>(directory_.cell_count());
  runs_ = DeltaRuns(deltas, directory_.first_row.back(), cell_count_);
  for (const auto& delta : deltas.deltas) {
    directory_.first_row.push_back(directory_.first_row.back() + delta.row_count());
    directory_.cells.push_back(delta.ref);
  }
}

bool PagedIndex::prefers_graph() const {
  const uint64_t scanned = uint64_t{row_count()} * codes_.first_bytes();
  return graph_.exists() && graph_.is_whole() && graph_.has_cells() && scanned > kQuickScanBytes;
}

Result<std::unique_ptr<FacetFilter>> PagedIndex::take_filter(
    std::span<const FilterClause> clauses) {
  if (kept_filter_) {
    const auto known = kept_filter_->clauses();
    if (std::equal(clauses.begin(), clauses.end(), known.begin(), known.end())) {
      return std::move(kept_filter_);
    }
  }
  ASSIGN_OR_RETURN(auto filter, FacetFilter::make(facets_, clauses));
  return std::make_unique<FacetFilter>(std::move(filter));
}

void PagedIndex::want_object(uint32_t number, std::vector<ObjectRef>& missing) {
  cache_.want(directory_.cells[number], {IndexPart::kCell, number}, missing);
}

void PagedIndex::want_list(uint32_t number, std::vector<ObjectRef>& missing) {
  cache_.want(facets_.info().lists[number].ref, {IndexPart::kList, number}, missing);
}

void PagedIndex::want_names(const ObjectRef& ref, std::vector<ObjectRef>& missing) {
  cache_.want(ref, {IndexPart::kNames}, missing);
}

void PagedIndex::want_transform(std::vector<ObjectRef>& missing) {
  if (has_rest_) return;
  for (uint32_t part = 0; part < transform_parts_.size(); ++part) {
    if (!transform_parts_[part].empty()) continue;
    cache_.want(directory_.transform_rest[part], {IndexPart::kTransform, part}, missing);
  }
}

bool PagedIndex::want_graph(std::vector<ObjectRef>& missing) {
  for (const uint32_t part : graph_.missing_parts()) {
    cache_.want(graph_.part(part), {IndexPart::kGraph, part}, missing);
  }
  return graph_.is_whole();
}

void PagedIndex::want_piece(const PiecePlace& place, std::vector<ObjectRef>& missing) {
  cache_.want(place.ref, {IndexPart::kPiece, place.first_row, place.row_count}, missing);
}

std::vector<ObjectRef> PagedIndex::missing_cells() {
  std::vector<ObjectRef> missing;
  for (uint32_t number = 0; number < directory_.cells.size(); ++number) {
    if (cache_.cell(number) == nullptr) want_object(number, missing);
  }
  return missing;
}

uint32_t PagedIndex::object_of(uint32_t row) const {
  const auto& first = directory_.first_row;
  return static_cast<uint32_t>(std::upper_bound(first.begin(), first.end(), row) - first.begin()) -
         1;
}

uint32_t PagedIndex::centroid_of(uint32_t row) const {
  return row < directory_.first_row[cell_count_] ? object_of(row) : runs_.of_row(row).cell;
}

std::optional<PagedIndex::PiecePlace> PagedIndex::piece_of(uint32_t row) const {
  const uint32_t number = object_of(row);
  const uint32_t first = directory_.first_row[number];
  if (const Cell* cell = cache_.cell(number)) {
    const size_t piece = cell->piece_of(row - first);
    const auto& [first_row, ref] = cell->pieces[piece];
    const bool is_last = piece + 1 == cell->pieces.size();
    const uint32_t end = is_last ? cell->row_count : cell->pieces[piece + 1].first_row;
    return PiecePlace{first + first_row, end - first_row, ref};
  }
  for (const auto& [list_number, list] : cache_.lists()) {
    const auto after = std::upper_bound(
        list.pieces.begin(), list.pieces.end(), row,
        [](uint32_t value, const RowList::Piece& piece) { return value < piece.first_row; });
    if (after == list.pieces.begin()) continue;
    const auto& [first_row, row_count, ref] = *(after - 1);
    if (row - first_row < row_count) return PiecePlace{first_row, row_count, ref};
  }
  return std::nullopt;
}

PagedIndex::RowRest PagedIndex::find_rest(uint32_t row) const {
  const auto place = piece_of(row);
  const CellPiece* piece = place ? cache_.piece(place->first_row) : nullptr;
  // A hostile list may say other sizes of pieces than their cell.
  if (piece == nullptr || row - place->first_row >= piece->row_count()) return {};
  return {piece, row - place->first_row};
}

bool PagedIndex::gather_row(uint32_t row, std::span<uint8_t> bytes) const {
  const uint32_t number = object_of(row);
  if (const Cell* cell = cache_.cell(number)) {
    gather_from_groups(cell->codes, row - directory_.first_row[number], bytes);
    return true;
  }
  for (const auto& [list_number, list] : cache_.lists()) {
    const auto found = std::lower_bound(list.rows.begin(), list.rows.end(), row);
    if (found == list.rows.end() || *found != row) continue;
    gather_from_groups(list.codes, static_cast<size_t>(found - list.rows.begin()), bytes);
    return true;
  }
  return false;
}

std::vector<ObjectRef> PagedIndex::missing_for_piece(uint32_t row) {
  std::vector<ObjectRef> missing;
  if (!piece_of(row)) want_object(object_of(row), missing);
  return missing;
}

std::vector<ObjectRef> PagedIndex::missing_for_embedding(uint32_t row) {
  auto missing = missing_for_piece(row);
  // A piece may be known by a list that does not hold this row: its first tier is in the cell.
  std::vector<uint8_t> first(codes_.first_bytes());
  if (missing.empty() && !gather_row(row, first)) want_object(object_of(row), missing);
  if (const auto place = piece_of(row); place && find_rest(row).piece == nullptr) {
    want_piece(*place, missing);
  }
  want_transform(missing);
  return missing;
}

Result<std::vector<float>> PagedIndex::embedding(uint32_t row) const {
  const RowRest rest = find_rest(row);
  std::vector<uint8_t> code(codes_.row_bytes());
  if (rest.piece == nullptr || !has_rest_ ||
      !gather_row(row, std::span(code).first(codes_.first_bytes()))) {
    return invalid_argument("embedding: its objects are not there; add them first");
  }
  const size_t rest_bytes = codes_.rest_bytes();
  std::copy_n(rest.piece->codes.begin() + static_cast<ptrdiff_t>(rest.position * rest_bytes),
              rest_bytes, code.begin() + static_cast<ptrdiff_t>(codes_.first_bytes()));
  auto components = decode_components(codes_, code);
  const size_t cells = directory_.spread.size();
  const uint32_t centroid = centroid_of(row);
  for (size_t c = 0; c < directory_.centroid_components(); ++c) {
    components[c] += directory_.centroid_scale[c] * directory_.centroids[c * cells + centroid];
  }
  return vector_of_components(codes_, components);
}

Result<void> PagedIndex::take_transform(uint32_t part, std::span<const uint8_t> payload) {
  transform_parts_[part].assign(payload.begin(), payload.end());
  std::vector<uint8_t> rest;
  for (const auto& known : transform_parts_) rest.insert(rest.end(), known.begin(), known.end());
  if (rest.size() != raw_bytes_of(directory_.transform_rest)) return {};
  RETURN_IF_ERROR(take_transform_rest(codes_, rest));
  has_rest_ = true;
  transform_parts_.clear();
  return {};
}

Result<void> PagedIndex::take(const ObjectRef& ref, std::span<const uint8_t> payload) {
  const auto wanted = cache_.arrived(ref);
  if (!wanted) return invalid_argument(object_name(ref) + ": nothing waits for this object");
  const auto [part, number, rows] = *wanted;
  const auto first_bytes = static_cast<uint32_t>(codes_.first_bytes());
  switch (part) {
    case IndexPart::kTransform:
      return take_transform(number, payload);
    case IndexPart::kCell: {
      const auto& first_row = directory_.first_row;
      ASSIGN_OR_RETURN(auto cell,
                       parse_cell(payload, first_row[number + 1] - first_row[number], first_bytes));
      if (!cell.facets.empty() && !facets_.has_columns()) {
        return corrupt("cell: bytes follow its codes");
      }
      cache_.put_cell(number, std::move(cell), payload.size());
      return {};
    }
    case IndexPart::kPiece: {
      ASSIGN_OR_RETURN(auto piece,
                       parse_cell_piece(payload, rows, static_cast<uint32_t>(codes_.rest_bytes()),
                                        image_count_));
      piece.records = {};  // the caller reads them from the object
      cache_.put_piece(number, std::move(piece), payload.size());
      return {};
    }
    case IndexPart::kList: {
      ASSIGN_OR_RETURN(auto list, parse_row_list(payload, facets_.info().lists[number].row_count,
                                                 first_bytes, directory_));
      if (!list.rows.empty() && list.rows.back() >= directory_.first_row[cell_count_]) {
        return corrupt("list: row " + std::to_string(list.rows.back()) + " is of a delta");
      }
      cache_.put_list(number, std::move(list), payload.size());
      return {};
    }
    case IndexPart::kGraph:
      if constexpr (kSearchesGraphs) {
        return graph_.take_part(number, payload, directory_.first_row[cell_count_]);
      }
      return {};
    case IndexPart::kNames:
      return facets_.take_names(ref, payload);
  }
  return {};
}

}  // namespace sightline
