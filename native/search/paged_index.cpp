#include "native/search/paged_index.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "native/search/cell_scan.h"
#include "native/vectors/scan_kernels.h"

namespace sightline {
namespace {

// Beside lists, which hold all rows of the cells that qualify, the deltas of so many times the
// cells that are opened.
constexpr uint32_t kDeltasPerProbe = 3;

uint64_t raw_bytes_of(const ObjectParts& parts) {
  uint64_t total = 0;
  for (const auto& part : parts) total += part.raw_bytes;
  return total;
}

// Codes that are scanned faster than a person notices (tests/bench/README.md, "Scan, cells or
// graph").
constexpr uint64_t kQuickScanBytes = 128u << 20;

bool any_allowed(RowFilter filter, uint32_t begin, uint32_t end) {
  if (filter.empty()) return true;
  for (uint32_t row = begin; row < end; ++row) {
    if (row % 64 == 0 && row + 64 <= end && filter[row / 64] == 0) {
      row += 63;
    } else if (row_allowed(filter, row)) {
      return true;
    }
  }
  return false;
}

uint32_t count_allowed(RowFilter filter, uint32_t begin, uint32_t end) {
  uint32_t count = 0;
  for (uint32_t row = begin; row < end; ++row) count += row_allowed(filter, row);
  return count;
}

// The first tier of one row, out of its group.
void gather_from_groups(std::span<const uint8_t> codes, size_t row, std::span<uint8_t> bytes) {
  const uint8_t* group = codes.data() + row / kScanGroup * kScanGroup * bytes.size();
  for (size_t b = 0; b < bytes.size(); ++b) bytes[b] = group[b * kScanGroup + row % kScanGroup];
}

}  // namespace

void sort_best_first(std::vector<PagedHit>& hits) {
  const auto is_better = [](const PagedHit& a, const PagedHit& b) {
    if (a.is_refined != b.is_refined) return a.is_refined;
    return a.similarity != b.similarity ? a.similarity > b.similarity : a.row < b.row;
  };
  // By a heap: a quarter of the code of std::sort.
  std::make_heap(hits.begin(), hits.end(), is_better);
  std::sort_heap(hits.begin(), hits.end(), is_better);
}

Result<PagedIndex> PagedIndex::open(const IndexInfo& info, const Root& root) {
  PagedIndex index;
  ASSIGN_OR_RETURN(index.codes_, parse_query_aware_codes(info.code_parameters, info.dim));
  index.directory_ = info.cells;
  index.add_deltas(root.deltas);
  index.image_count_ = root.image_count;
  index.live_share_ = double{1} * root.live_image_count() / std::max(1u, root.image_count);
  index.facets_ = FacetFilter(root.facets, info.cells, index.runs_.row_counts());
  index.known_lists_ = root.facets.lists;
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
  base_cells_ = static_cast<uint32_t>(directory_.cell_count());
  runs_ = DeltaRuns(deltas, directory_.first_row.back(), base_cells_);
  for (const auto& delta : deltas.deltas) {
    directory_.first_row.push_back(directory_.first_row.back() + delta.row_count());
    directory_.cells.push_back(delta.ref);
  }
}

void PagedIndex::want(const ObjectRef& ref, Place place, std::vector<ObjectRef>& missing) {
  wanted_[ref.sha256] = place;
  if (std::find(missing.begin(), missing.end(), ref) == missing.end()) missing.push_back(ref);
}

void PagedIndex::want_transform(std::vector<ObjectRef>& missing) {
  if (has_rest_) return;
  for (uint32_t part = 0; part < transform_parts_.size(); ++part) {
    if (!transform_parts_[part].empty()) continue;
    want(directory_.transform_rest[part], {Part::kTransform, part}, missing);
  }
}

std::vector<ObjectRef> PagedIndex::missing_cells() {
  std::vector<ObjectRef> missing;
  for (uint32_t cell = 0; cell < directory_.cell_count(); ++cell) {
    if (!cells_.contains(cell)) want(directory_.cells[cell], {Part::kCell, cell}, missing);
  }
  return missing;
}

uint32_t PagedIndex::cell_of(uint32_t row) const {
  const auto& first = directory_.first_row;
  return static_cast<uint32_t>(std::upper_bound(first.begin(), first.end(), row) - first.begin()) -
         1;
}

uint32_t PagedIndex::centroid_of(uint32_t row) const {
  return row < directory_.first_row[base_cells_] ? cell_of(row) : runs_.of_row(row).cell;
}

std::optional<PagedIndex::PiecePlace> PagedIndex::piece_place(uint32_t row) const {
  const uint32_t cell_number = cell_of(row);
  const uint32_t first = directory_.first_row[cell_number];
  if (const auto cell = cells_.find(cell_number); cell != cells_.end()) {
    const auto& pieces = cell->second.content.pieces;
    const size_t piece = cell->second.content.piece_of(row - first);
    const uint32_t end =
        piece + 1 < pieces.size() ? pieces[piece + 1].first_row : cell->second.content.row_count;
    return PiecePlace{first + pieces[piece].first_row, end - pieces[piece].first_row,
                      pieces[piece].ref};
  }
  for (const auto& [number, list] : lists_) {
    const auto& pieces = list.content.pieces;
    const auto after = std::upper_bound(
        pieces.begin(), pieces.end(), row,
        [](uint32_t value, const RowList::Piece& piece) { return value < piece.first_row; });
    if (after == pieces.begin()) continue;
    const auto& [first_row, row_count, ref] = *(after - 1);
    if (row - first_row < row_count) return PiecePlace{first_row, row_count, ref};
  }
  return std::nullopt;
}

bool PagedIndex::gather_row(uint32_t row, std::span<uint8_t> bytes) const {
  const uint32_t cell_number = cell_of(row);
  if (const auto cell = cells_.find(cell_number); cell != cells_.end()) {
    gather_from_groups(cell->second.content.codes, row - directory_.first_row[cell_number], bytes);
    return true;
  }
  for (const auto& [number, list] : lists_) {
    const auto& rows = list.content.rows;
    const auto found = std::lower_bound(rows.begin(), rows.end(), row);
    if (found == rows.end() || *found != row) continue;
    gather_from_groups(list.content.codes, static_cast<size_t>(found - rows.begin()), bytes);
    return true;
  }
  return false;
}

std::vector<uint32_t> PagedIndex::opening_order(std::span<const double> reach, uint64_t count,
                                                RowFilter rows_allowed) const {
  std::vector<uint32_t> order(reach.size());
  std::iota(order.begin(), order.end(), 0u);
  std::vector<bool> qualifies(order.size());
  for (const auto& run : runs_.all()) {
    if (any_allowed(rows_allowed, run.first_row, run.end_row)) qualifies[run.cell] = true;
  }
  std::erase_if(order, [&](uint32_t cell) {
    if (facets_.is_active()) return facets_.expected_rows()[cell] <= 0;
    return !qualifies[cell] &&
           !any_allowed(rows_allowed, directory_.first_row[cell], directory_.first_row[cell + 1]);
  });
  const auto kept = static_cast<size_t>(std::min<uint64_t>(order.size(), count));
  std::partial_sort(
      order.begin(), order.begin() + static_cast<ptrdiff_t>(kept), order.end(),
      [&](uint32_t a, uint32_t b) { return reach[a] != reach[b] ? reach[a] > reach[b] : a < b; });
  order.resize(kept);
  return order;
}

void PagedIndex::open_cell(uint32_t cell, std::vector<ObjectRef>& missing) {
  if (const auto found = cells_.find(cell); found != cells_.end()) {
    found->second.used_at = clock_;
  } else {
    want(directory_.cells[cell], {Part::kCell, cell}, missing);
  }
}

Result<void> PagedIndex::ask_filter(uint32_t number, RowFilter rows_allowed) {
  const auto found = cells_.find(number);
  if (found == cells_.end()) return {};
  const auto& first = directory_.first_row;
  return facets_.look_at({number, first[number], first[number + 1], number >= base_cells_},
                         found->second.content.facets, rows_allowed);
}

Result<void> PagedIndex::want_lists(RowFilter rows_allowed, std::vector<ObjectRef>& missing) {
  for (const uint32_t number : facets_.lists()) {
    if (const auto found = lists_.find(number); found != lists_.end()) {
      found->second.used_at = clock_;
      RETURN_IF_ERROR(facets_.look_at_list(number, found->second.content, rows_allowed));
    } else {
      want(known_lists_[number].ref, {Part::kList, number}, missing);
    }
  }
  return {};
}

Result<void> PagedIndex::want_cells(bool deltas_alone, std::span<const double> similarities,
                                    uint32_t k, const PagedEffort& effort, RowFilter rows_allowed,
                                    std::vector<bool>& is_searched,
                                    std::vector<ObjectRef>& missing) {
  const bool is_filtered = facets_.is_active();
  const auto reach = cell_reach(directory_, similarities);
  const uint64_t usual = effort.probe_cells > 0 ? effort.probe_cells : directory_.probe_cells;
  uint64_t count =
      effort.probe_cells > 0 || is_filtered ? usual : cells_in_depth(directory_, reach);
  const uint64_t searched = effort.only_opened ? count : kSearchedPerProbe * usual;
  const auto order = opening_order(reach, is_filtered ? reach.size() : searched, rows_allowed);
  if (is_filtered && effort.probe_cells == 0 && !order.empty()) {
    count = facets_.cells_to_open(order, reach, std::max<size_t>(1, count),
                                  cells_in_depth(directory_, reach), k);
  }
  if (deltas_alone) count *= kDeltasPerProbe;
  const uint64_t wanted = facets_.rows_wanted(k);
  uint64_t qualified = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    const uint32_t cell = order[i];
    if (i >= count) {
      if (deltas_alone) break;
      // What the facets promised was too much: more cells, in a round of their own.
      if (is_filtered && (!missing.empty() || qualified >= wanted)) break;
      if (is_filtered) count *= facets_.any_cell_holds() ? 2 : 4;
    }
    const bool opens = i < count;
    if (!deltas_alone) {
      is_searched[cell] = true;
      const bool may_hold = is_filtered && facets_.may_hold(cell);
      if (opens &&
          (may_hold || (!is_filtered && any_allowed(rows_allowed, directory_.first_row[cell],
                                                    directory_.first_row[cell + 1])))) {
        open_cell(cell, missing);
      }
      if (opens && is_filtered) {
        RETURN_IF_ERROR(ask_filter(cell, rows_allowed));
        qualified += count_allowed(facets_.rows(), directory_.first_row[cell],
                                   directory_.first_row[cell + 1]);
      }
    }
    for (const auto* run = runs_.last_around(cell); run != nullptr; run = runs_.before(*run)) {
      if (!any_allowed(rows_allowed, run->first_row, run->end_row)) continue;
      const uint32_t delta = base_cells_ + run->delta;
      if (opens) open_cell(delta, missing);
      if (opens && is_filtered) {
        RETURN_IF_ERROR(ask_filter(delta, rows_allowed));
        // Its other runs may lie around cells that are far.
        qualified += count_allowed(facets_.rows(), run->first_row, run->end_row);
      }
      is_searched[delta] = true;
    }
  }
  return {};
}

bool PagedIndex::want_graph(std::vector<ObjectRef>& missing) {
  for (const uint32_t part : graph_.missing_parts()) {
    want(graph_.part(part), {Part::kGraph, part}, missing);
  }
  if (graph_.has_cells()) return graph_.is_whole();
  for (const auto& ref : missing_cells()) missing.push_back(ref);
  if (!missing.empty()) return false;
  for (const auto& [cell, resident] : cells_) {
    // The graph knows no rows of deltas.
    if (cell >= base_cells_) break;
    graph_.take_cell(cell, resident.content.codes, codes_.first_bytes(), directory_);
  }
  graph_.set_cells();
  return graph_.is_whole();
}

bool PagedIndex::prefers_graph() const {
  uint64_t scanned = 0;
  for (const auto& [number, cell] : cells_) scanned += cell.content.codes.size();
  return graph_.exists() && graph_.is_whole() && graph_.has_cells() && scanned > kQuickScanBytes;
}

void PagedIndex::scan_lists(const Asked& asked, RowFilter rows_allowed, BestRows& best) const {
  const auto scan_group = best_scan_group_kernel();
  const size_t first_bytes = codes_.first_bytes();
  for (const auto& [number, resident] : lists_) {
    if (resident.used_at != clock_) continue;
    const auto& rows = resident.content.rows;
    for (size_t first = 0; first < rows.size(); first += kScanGroup) {
      uint16_t sums[kScanGroup];
      scan_group(asked.scan.tables.data(), resident.content.codes.data() + first * first_bytes,
                 first_bytes, sums);
      for (size_t i = first; i < std::min(rows.size(), first + kScanGroup); ++i) {
        const int32_t offset = scan_offset(asked.offsets[centroid_of(rows[i])], asked.scan);
        best.offer(-(offset + sums[i - first]), rows[i], rows_allowed);
      }
    }
  }
}

void PagedIndex::scan_cells(const Asked& asked, const std::vector<bool>& is_searched,
                            RowFilter rows_allowed, BestRows& best) const {
  const auto scan_group = best_scan_group_kernel();
  const size_t first_bytes = codes_.first_bytes();
  for (const auto& [cell, resident] : cells_) {
    if (!is_searched[cell]) continue;
    const uint8_t* group = resident.content.codes.data();
    uint32_t row = directory_.first_row[cell];
    const uint32_t end = directory_.first_row[cell + 1];
    // Rows up to here have one centroid: all of a cell, those of a run of a delta.
    uint32_t run_end = row;
    int32_t offset = 0;
    for (; row < end; group += kScanGroup * first_bytes) {
      uint16_t sums[kScanGroup];
      scan_group(asked.scan.tables.data(), group, first_bytes, sums);
      for (uint32_t done = 0; done < kScanGroup && row < end;) {
        if (row == run_end) {
          run_end = cell < base_cells_ ? end : runs_.of_row(row).end_row;
          offset = scan_offset(asked.offsets[centroid_of(row)], asked.scan);
        }
        const uint32_t count = std::min<uint32_t>(kScanGroup - done, run_end - row);
        best.offer_group(sums + done, offset, row, count, rows_allowed);
        done += count;
        row += count;
      }
    }
  }
}

std::vector<PagedHit> PagedIndex::refine(const Asked& asked, std::span<const Neighbor> candidates,
                                         size_t wanted, std::vector<ObjectRef>& missing) {
  const auto fine = make_digit_values(codes_, asked.weights);
  const std::span values(fine.values);
  std::vector<uint8_t> first(codes_.first_bytes());
  std::vector<PagedHit> hits;
  for (const auto& [distance, row] : candidates) {
    PagedHit hit{row, asked.scan.base + asked.scan.unit * -distance, false};
    std::vector<ObjectRef> ignored;
    const RowRest rest = find_rest(row, hits.size() < wanted ? missing : ignored);
    if (rest.piece != nullptr) {
      gather_row(row, first);
      const int32_t sum =
          dot_digits(values.first(codes_.first_digits), first) +
          dot_digits(values.subspan(codes_.first_digits),
                     std::span(rest.piece->codes)
                         .subspan(rest.position * codes_.rest_bytes(), codes_.rest_bytes()));
      hit.similarity = fine.base + asked.offsets[centroid_of(row)] + fine.unit * sum;
      hit.is_refined = true;
    }
    hits.push_back(hit);
  }
  return hits;
}

Result<PagedAnswer> PagedIndex::search(std::span<const float> query, uint32_t k,
                                       const PagedEffort& effort, RowFilter rows_allowed) {
  Asked asked;
  ASSIGN_OR_RETURN(asked.weights, weigh_query(codes_, query));
  asked.offsets = centroid_similarities(directory_, asked.weights);
  asked.scan = make_scan_tables(codes_, asked.weights);
  PagedAnswer answer;

  const bool by_list = facets_.is_active() && effort.probe_cells == 0 && !facets_.lists().empty();
  const uint32_t refine_default = effort.is_first ? directory_.first_rows : directory_.settled_rows;
  const uint32_t refine_rows =
      std::max(k, effort.refine_rows > 0 ? effort.refine_rows : refine_default);
  const bool by_graph = kSearchesGraphs && effort.ef_search > 0;
  std::vector<bool> is_searched(directory_.cells.size());
  if (by_graph) {
    if (!want_graph(answer.missing)) return answer;
    std::fill(is_searched.begin() + base_cells_, is_searched.end(), true);
  } else {
    for (const auto& ref : facets_.missing_names()) want(ref, {Part::kNames}, answer.missing);
    if (by_list) RETURN_IF_ERROR(want_lists(rows_allowed, answer.missing));
    // Lists hold no rows of deltas.
    if (!by_list || !runs_.empty()) {
      RETURN_IF_ERROR(
          want_cells(by_list, asked.offsets, k, effort, rows_allowed, is_searched, answer.missing));
    }
  }
  if (facets_.is_active()) rows_allowed = facets_.rows();
  const bool opens_cells = !answer.missing.empty();
  // The first answer does with the components that the root knows.
  if (!effort.is_first) want_transform(answer.missing);

  BestRows best(size_t{kRankedPerRefined} * refine_rows);
  if (by_list && !by_graph) scan_lists(asked, rows_allowed, best);
  scan_cells(asked, is_searched, rows_allowed, best);
  auto candidates = best.take();
  if constexpr (kSearchesGraphs) {
    if (by_graph) {
      const size_t count = std::max(k, effort.ef_search);
      candidates.resize(std::min(candidates.size(), count));
      std::vector<int32_t> offsets;
      for (const double offset : asked.offsets) offsets.push_back(scan_offset(offset, asked.scan));
      const auto found = graph_.search(asked.scan, offsets, count, effort.ef_search, rows_allowed);
      candidates.insert(candidates.end(), found.begin(), found.end());
      std::sort(candidates.begin(), candidates.end());
    }
  }
  // Pieces are asked for once the scan is over: before, the rows are not the last word.
  const size_t wanted = opens_cells ? 0 : by_graph ? candidates.size() : refine_rows;
  answer.hits = refine(asked, candidates, wanted, answer.missing);
  sort_best_first(answer.hits);
  if (answer.hits.size() > k) answer.hits.resize(k);
  return answer;
}

PagedIndex::RowRest PagedIndex::find_rest(uint32_t row, std::vector<ObjectRef>& missing) {
  const uint32_t cell = cell_of(row);
  const auto place = piece_place(row);
  if (!place) {
    want(directory_.cells[cell], {Part::kCell, cell}, missing);
    return {};
  }
  if (const auto found = cells_.find(cell); found != cells_.end()) found->second.used_at = clock_;
  const auto piece = pieces_.find(place->first_row);
  if (piece == pieces_.end()) {
    want(place->ref, {Part::kPiece, place->first_row, place->row_count, cell}, missing);
    return {};
  }
  // A hostile list may say other sizes of pieces than their cell.
  if (row - place->first_row >= piece->second.content.row_count()) {
    want(place->ref, {Part::kPiece, place->first_row, place->row_count, cell}, missing);
    return {};
  }
  piece->second.used_at = clock_;
  return {&piece->second.content, row - place->first_row};
}

std::optional<PagedIndex::RestPlace> PagedIndex::place_of(uint32_t row) const {
  const auto place = piece_place(row);
  if (!place) return std::nullopt;
  return RestPlace{place->ref, row - place->first_row};
}

std::optional<PagedIndex::RestPlace> PagedIndex::find_piece(uint32_t row,
                                                            std::vector<ObjectRef>& missing) {
  const auto place = place_of(row);
  const uint32_t cell = cell_of(row);
  if (!place) want(directory_.cells[cell], {Part::kCell, cell}, missing);
  return place;
}

std::vector<ObjectRef> PagedIndex::missing_for_embedding(uint32_t row) {
  std::vector<ObjectRef> missing;
  find_rest(row, missing);
  // A piece may be known by a list that does not hold this row: its first tier is in the cell.
  std::vector<uint8_t> first(codes_.first_bytes());
  if (!gather_row(row, first)) {
    const uint32_t cell = cell_of(row);
    want(directory_.cells[cell], {Part::kCell, cell}, missing);
  }
  want_transform(missing);
  return missing;
}

Result<std::vector<float>> PagedIndex::embedding(uint32_t row) const {
  const auto place = piece_place(row);
  const auto piece = place ? pieces_.find(place->first_row) : pieces_.end();
  std::vector<uint8_t> code(codes_.row_bytes());
  if (piece == pieces_.end() || !has_rest_ ||
      row - place->first_row >= piece->second.content.row_count() ||
      !gather_row(row, std::span(code).first(codes_.first_bytes()))) {
    return invalid_argument("embedding: its objects are not there; add them first");
  }
  const size_t position = row - place->first_row;
  std::copy_n(
      piece->second.content.codes.begin() + static_cast<ptrdiff_t>(position * codes_.rest_bytes()),
      codes_.rest_bytes(), code.begin() + static_cast<ptrdiff_t>(codes_.first_bytes()));
  auto components = decode_components(codes_, code);
  const size_t known = directory_.centroid_components();
  const size_t cells = directory_.spread.size();
  const uint32_t centroid = centroid_of(row);
  for (size_t c = 0; c < known; ++c) {
    components[c] += directory_.centroid_scale[c] * directory_.centroids[c * cells + centroid];
  }
  return vector_of_components(codes_, components);
}

Result<void> PagedIndex::take(const ObjectRef& ref, std::span<const uint8_t> payload) {
  const auto found = wanted_.find(ref.sha256);
  if (found == wanted_.end()) {
    return invalid_argument(object_name(ref) + ": nothing waits for this object");
  }
  const Place place = found->second;
  const auto first_bytes = static_cast<uint32_t>(codes_.first_bytes());
  switch (place.part) {
    case Part::kTransform: {
      transform_parts_[place.number].assign(payload.begin(), payload.end());
      std::vector<uint8_t> rest;
      for (const auto& part : transform_parts_) rest.insert(rest.end(), part.begin(), part.end());
      if (rest.size() == raw_bytes_of(directory_.transform_rest)) {
        RETURN_IF_ERROR(take_transform_rest(codes_, rest));
        has_rest_ = true;
        transform_parts_.clear();
      }
      break;
    }
    case Part::kCell: {
      const uint32_t first = directory_.first_row[place.number];
      ASSIGN_OR_RETURN(
          auto cell,
          parse_cell(payload, directory_.first_row[place.number + 1] - first, first_bytes));
      if (!cell.facets.empty() && !facets_.has_columns()) {
        return corrupt("cell: bytes follow its codes");
      }
      cells_[place.number] = {std::move(cell), payload.size(), clock_};
      resident_bytes_ += payload.size();
      break;
    }
    case Part::kPiece: {
      ASSIGN_OR_RETURN(auto piece,
                       parse_cell_piece(payload, place.rows,
                                        static_cast<uint32_t>(codes_.rest_bytes()), image_count_));
      piece.records = {};  // the caller reads them from the object
      resident_bytes_ -= pieces_[place.number].bytes;
      pieces_[place.number] = {std::move(piece), payload.size(), clock_};
      resident_bytes_ += payload.size();
      break;
    }
    case Part::kList: {
      ASSIGN_OR_RETURN(auto list, parse_row_list(payload, known_lists_[place.number].row_count,
                                                 first_bytes, directory_));
      if (!list.rows.empty() && list.rows.back() >= directory_.first_row[base_cells_]) {
        return corrupt("list: row " + std::to_string(list.rows.back()) + " is of a delta");
      }
      lists_[place.number] = {std::move(list), payload.size(), clock_};
      resident_bytes_ += payload.size();
      break;
    }
    case Part::kGraph:
      if constexpr (kSearchesGraphs)
        RETURN_IF_ERROR(graph_.take_part(place.number, payload, directory_.first_row[base_cells_]));
      break;
    case Part::kNames:
      RETURN_IF_ERROR(facets_.take_names(ref, payload));
      break;
  }
  wanted_.erase(ref.sha256);
  forget_unused();
  return {};
}

void PagedIndex::forget_unused() {
  const auto older = [](const auto& a, const auto& b) {
    return a.second.used_at < b.second.used_at;
  };
  // A cell of which a piece is on its way is still needed.
  const auto is_waited_for = [&](uint32_t cell) {
    return std::any_of(wanted_.begin(), wanted_.end(), [&](const auto& entry) {
      return entry.second.part == Part::kPiece && entry.second.cell == cell;
    });
  };
  while (resident_bytes_ > memory_limit_) {
    const auto age = [&](auto& residents, const auto& oldest) {
      return oldest == residents.end() ? clock_ : oldest->second.used_at;
    };
    const auto forget = [&](auto& residents, const auto& oldest) {
      resident_bytes_ -= oldest->second.bytes;
      residents.erase(oldest);
    };
    const auto piece = std::min_element(pieces_.begin(), pieces_.end(), older);
    const auto cell = std::min_element(cells_.begin(), cells_.end(), older);
    const auto list = std::min_element(lists_.begin(), lists_.end(), older);
    const uint64_t piece_age = age(pieces_, piece);
    const uint64_t list_age = age(lists_, list);
    uint64_t cell_age = age(cells_, cell);
    if (cell_age < clock_ && is_waited_for(cell->first)) cell_age = clock_;
    const uint64_t oldest = std::min({piece_age, list_age, cell_age});
    if (oldest >= clock_) return;
    if (oldest == piece_age) {
      forget(pieces_, piece);
    } else if (oldest == list_age) {
      forget(lists_, list);
    } else {
      forget(cells_, cell);
    }
  }
}

}  // namespace sightline
