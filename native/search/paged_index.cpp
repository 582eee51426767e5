#include "native/search/paged_index.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "native/vectors/scan_kernels.h"
#include "native/vectors/top_k.h"

namespace sightline {
namespace {

constexpr uint32_t kTransformPlace = UINT32_MAX;
// Cells in memory are searched if they are among so many times the cells that are opened: the rows
// of those behind are hardly ever near, and all cells of a large bundle take long.
constexpr uint32_t kSearchedPerProbe = 20;

uint64_t raw_bytes_of(const ObjectParts& parts) {
  uint64_t total = 0;
  for (const auto& part : parts) total += part.raw_bytes;
  return total;
}

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

// The first tier of one row of a cell, out of its group.
void gather_row(const Cell& cell, uint32_t row, std::span<uint8_t> bytes) {
  const uint8_t* group = cell.codes.data() + row / kScanGroup * kScanGroup * bytes.size();
  for (size_t b = 0; b < bytes.size(); ++b) bytes[b] = group[b * kScanGroup + row % kScanGroup];
}

// Keeps the rows of the largest sums over all cells scanned.
class BestRows {
 public:
  explicit BestRows(size_t count) : best_(count) {}

  // sums count in the tables' unit; offset is what the cell's centroid adds.
  void offer_group(const uint16_t* sums, int32_t offset, uint32_t first_row, uint32_t rows,
                   RowFilter allowed) {
    for (uint32_t i = 0; i < rows; ++i) {
      const int32_t distance = -(offset + sums[i]);
      if (best_.full() && distance > best_.worst()) continue;
      if (row_allowed(allowed, first_row + i)) best_.offer(distance, first_row + i);
    }
  }

  std::vector<Neighbor> take() { return best_.take_sorted(); }

 private:
  TopK best_;
};

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

Result<PagedIndex> PagedIndex::open(const IndexInfo& info, const CellDeltas& deltas,
                                    uint32_t image_count) {
  PagedIndex index;
  ASSIGN_OR_RETURN(index.codes_, parse_query_aware_codes(info.code_parameters, info.dim));
  index.directory_ = info.cells;
  index.add_deltas(deltas);
  index.image_count_ = image_count;
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
  uint32_t row = directory_.first_row.back();
  for (const auto& delta : deltas.deltas) {
    for (const auto& run : delta.runs) {
      runs_.push_back({row, run.cell, static_cast<uint32_t>(directory_.cells.size())});
      row += run.row_count;
    }
    directory_.first_row.push_back(row);
    directory_.cells.push_back(delta.ref);
  }
  runs_.push_back({row, 0, UINT32_MAX});  // ends the last one
}

void PagedIndex::want(const ObjectRef& ref, Place place, std::vector<ObjectRef>& missing) {
  wanted_[ref.sha256] = place;
  if (std::find(missing.begin(), missing.end(), ref) == missing.end()) missing.push_back(ref);
}

void PagedIndex::want_transform(std::vector<ObjectRef>& missing) {
  if (has_rest_) return;
  for (uint32_t part = 0; part < transform_parts_.size(); ++part) {
    if (!transform_parts_[part].empty()) continue;
    want(directory_.transform_rest[part], {kTransformPlace, part}, missing);
  }
}

std::vector<ObjectRef> PagedIndex::missing_cells() {
  std::vector<ObjectRef> missing;
  for (uint32_t cell = 0; cell < directory_.cell_count(); ++cell) {
    if (!cells_.contains(cell)) want(directory_.cells[cell], {cell, kWholeCell}, missing);
  }
  return missing;
}

uint32_t PagedIndex::cell_of(uint32_t row) const {
  const auto& first = directory_.first_row;
  return static_cast<uint32_t>(std::upper_bound(first.begin(), first.end(), row) - first.begin()) -
         1;
}

size_t PagedIndex::run_of(uint32_t row) const {
  const auto after =
      std::upper_bound(runs_.begin(), runs_.end(), row,
                       [](uint32_t value, const Run& run) { return value < run.first_row; });
  return static_cast<size_t>(after - runs_.begin()) - 1;
}

uint32_t PagedIndex::centroid_of(uint32_t row) const {
  return row < runs_.front().first_row ? cell_of(row) : runs_[run_of(row)].cell;
}

uint32_t PagedIndex::piece_rows(const Cell& cell, size_t piece) const {
  const uint32_t end =
      piece + 1 < cell.pieces.size() ? cell.pieces[piece + 1].first_row : cell.row_count;
  return end - cell.pieces[piece].first_row;
}

std::vector<double> centroid_similarities(const CellDirectory& directory,
                                          const QueryWeights& query) {
  std::vector<double> similarities(directory.spread.size());
  const int8_t* values = directory.centroids.data();
  for (size_t c = 0; c < directory.centroid_components(); ++c) {
    const double weight = query.weights[c] * directory.centroid_scale[c];
    for (double& similarity : similarities) similarity += weight * *values++;
  }
  return similarities;
}

std::vector<uint32_t> PagedIndex::choose_cells(std::span<const double> similarities, uint32_t count,
                                               RowFilter rows_allowed) const {
  std::vector<double> reach(similarities.begin(), similarities.end());
  for (size_t i = 0; i < reach.size(); ++i) {
    reach[i] += double{directory_.spread_weight} * directory_.spread[i];
  }
  std::vector<uint32_t> order(reach.size());
  std::iota(order.begin(), order.end(), 0u);
  std::vector<bool> qualifies(order.size());
  for (size_t i = 0; i + 1 < runs_.size(); ++i) {
    if (any_allowed(rows_allowed, runs_[i].first_row, runs_[i + 1].first_row)) {
      qualifies[runs_[i].cell] = true;
    }
  }
  std::erase_if(order, [&](uint32_t cell) {
    return !qualifies[cell] &&
           !any_allowed(rows_allowed, directory_.first_row[cell], directory_.first_row[cell + 1]);
  });
  const size_t kept = std::min<size_t>(order.size(), count);
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
    want(directory_.cells[cell], {cell, kWholeCell}, missing);
  }
}

Result<PagedAnswer> PagedIndex::search(std::span<const float> query, uint32_t k,
                                       const PagedEffort& effort, RowFilter rows_allowed) {
  ASSIGN_OR_RETURN(const auto weights, weigh_query(codes_, query));
  const auto offsets = centroid_similarities(directory_, weights);
  const auto scan = make_scan_tables(codes_, weights);
  PagedAnswer answer;

  const uint32_t probe_cells = effort.probe_cells > 0 ? effort.probe_cells : directory_.probe_cells;
  const uint32_t refine_default = effort.is_first ? directory_.first_rows : directory_.settled_rows;
  const uint32_t refine_rows =
      std::max(k, effort.refine_rows > 0 ? effort.refine_rows : refine_default);
  const uint64_t searched = uint64_t{kSearchedPerProbe} * probe_cells;
  const auto chosen = choose_cells(
      offsets, static_cast<uint32_t>(std::min<uint64_t>(searched, offsets.size())), rows_allowed);
  std::vector<bool> is_searched(directory_.cells.size());
  std::vector<bool> is_open(base_cells_);
  for (size_t i = 0; i < chosen.size(); ++i) {
    const uint32_t cell = chosen[i];
    is_searched[cell] = true;
    if (i >= probe_cells) continue;
    is_open[cell] = true;
    if (any_allowed(rows_allowed, directory_.first_row[cell], directory_.first_row[cell + 1])) {
      open_cell(cell, answer.missing);
    }
  }
  for (size_t i = 0; i + 1 < runs_.size(); ++i) {
    if (!is_searched[runs_[i].cell] ||
        !any_allowed(rows_allowed, runs_[i].first_row, runs_[i + 1].first_row)) {
      continue;
    }
    is_searched[runs_[i].delta] = true;
    if (is_open[runs_[i].cell]) open_cell(runs_[i].delta, answer.missing);
  }
  const bool opens_cells = !answer.missing.empty();
  // The first answer does with the components that the root knows.
  if (!effort.is_first) want_transform(answer.missing);

  BestRows best(size_t{kRankedPerRefined} * refine_rows);
  const auto scan_group = best_scan_group_kernel();
  const size_t first_bytes = codes_.first_bytes();
  for (const auto& [cell, resident] : cells_) {
    if (!is_searched[cell]) continue;
    const uint8_t* group = resident.content.codes.data();
    uint32_t row = directory_.first_row[cell];
    const uint32_t end = directory_.first_row[cell + 1];
    // Rows up to here have one centroid: all of a cell, those of a run of a delta.
    size_t run = cell < base_cells_ ? 0 : run_of(row);
    uint32_t run_end = cell < base_cells_ ? end : runs_[run + 1].first_row;
    int32_t offset = scan_offset(offsets[centroid_of(row)], scan);
    for (; row < end; group += kScanGroup * first_bytes) {
      uint16_t sums[kScanGroup];
      scan_group(scan.tables.data(), group, first_bytes, sums);
      for (uint32_t done = 0; done < kScanGroup && row < end;) {
        if (row == run_end) {
          run_end = runs_[++run + 1].first_row;
          offset = scan_offset(offsets[runs_[run].cell], scan);
        }
        const uint32_t count = std::min<uint32_t>(kScanGroup - done, run_end - row);
        best.offer_group(sums + done, offset, row, count, rows_allowed);
        done += count;
        row += count;
      }
    }
  }

  const auto fine = make_digit_values(codes_, weights);
  std::vector<uint8_t> first(first_bytes);
  uint32_t rank = 0;
  for (const auto& [distance, row] : best.take()) {
    PagedHit hit{row, scan.base + scan.unit * -distance, false};
    // Pieces are asked for once the scan is over: before, the rows are not the last word.
    std::vector<ObjectRef> ignored;
    const bool is_wanted = !opens_cells && rank++ < refine_rows;
    const RowRest rest = find_rest(row, is_wanted ? answer.missing : ignored);
    if (rest.piece != nullptr) {
      const uint32_t cell = cell_of(row);
      gather_row(cells_.at(cell).content, row - directory_.first_row[cell], first);
      const std::span values(fine.values);
      const int32_t sum =
          dot_digits(values.first(codes_.first_digits), first) +
          dot_digits(values.subspan(codes_.first_digits),
                     std::span(rest.piece->codes)
                         .subspan(rest.position * codes_.rest_bytes(), codes_.rest_bytes()));
      hit.similarity = fine.base + offsets[centroid_of(row)] + fine.unit * sum;
      hit.is_refined = true;
    }
    answer.hits.push_back(hit);
  }
  sort_best_first(answer.hits);
  if (answer.hits.size() > k) answer.hits.resize(k);
  return answer;
}

PagedIndex::RowRest PagedIndex::find_rest(uint32_t row, std::vector<ObjectRef>& missing) {
  const uint32_t cell_number = cell_of(row);
  const auto cell = cells_.find(cell_number);
  if (cell == cells_.end()) {
    want(directory_.cells[cell_number], {cell_number, kWholeCell}, missing);
    return {};
  }
  cell->second.used_at = clock_;
  const Cell& content = cell->second.content;
  const uint32_t row_in_cell = row - directory_.first_row[cell_number];
  const auto number = static_cast<uint32_t>(content.piece_of(row_in_cell));
  const Place place{cell_number, number};
  const auto piece = pieces_.find(place);
  if (piece == pieces_.end()) {
    want(content.pieces[number].ref, place, missing);
    return {};
  }
  piece->second.used_at = clock_;
  return {&piece->second.content, row_in_cell - content.pieces[number].first_row};
}

std::optional<PagedIndex::RestPlace> PagedIndex::place_of(uint32_t row) const {
  const uint32_t cell_number = cell_of(row);
  const auto cell = cells_.find(cell_number);
  if (cell == cells_.end()) return std::nullopt;
  const uint32_t row_in_cell = row - directory_.first_row[cell_number];
  const auto& piece = cell->second.content.pieces[cell->second.content.piece_of(row_in_cell)];
  return RestPlace{piece.ref, row_in_cell - piece.first_row};
}

std::optional<PagedIndex::RestPlace> PagedIndex::find_piece(uint32_t row,
                                                            std::vector<ObjectRef>& missing) {
  const auto place = place_of(row);
  const uint32_t cell = cell_of(row);
  if (!place) want(directory_.cells[cell], {cell, kWholeCell}, missing);
  return place;
}

std::vector<ObjectRef> PagedIndex::missing_for_embedding(uint32_t row) {
  std::vector<ObjectRef> missing;
  find_rest(row, missing);
  want_transform(missing);
  return missing;
}

Result<std::vector<float>> PagedIndex::embedding(uint32_t row) const {
  const uint32_t cell_number = cell_of(row);
  const auto cell = cells_.find(cell_number);
  if (cell == cells_.end() || !has_rest_) {
    return invalid_argument("embedding: its objects are not there; add them first");
  }
  const uint32_t row_in_cell = row - directory_.first_row[cell_number];
  const size_t number = cell->second.content.piece_of(row_in_cell);
  const auto piece = pieces_.find({cell_number, static_cast<uint32_t>(number)});
  if (piece == pieces_.end()) {
    return invalid_argument("embedding: its objects are not there; add them first");
  }
  std::vector<uint8_t> code(codes_.row_bytes());
  gather_row(cell->second.content, row_in_cell, std::span(code).first(codes_.first_bytes()));
  const size_t position = row_in_cell - cell->second.content.pieces[number].first_row;
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
  if (place.cell == kTransformPlace) {
    transform_parts_[place.piece].assign(payload.begin(), payload.end());
    std::vector<uint8_t> rest;
    for (const auto& part : transform_parts_) rest.insert(rest.end(), part.begin(), part.end());
    if (rest.size() == raw_bytes_of(directory_.transform_rest)) {
      RETURN_IF_ERROR(take_transform_rest(codes_, rest));
      has_rest_ = true;
      transform_parts_.clear();
    }
  } else if (place.piece == kWholeCell) {
    const uint32_t rows = directory_.first_row[place.cell + 1] - directory_.first_row[place.cell];
    ASSIGN_OR_RETURN(auto cell,
                     parse_cell(payload, rows, static_cast<uint32_t>(codes_.first_bytes())));
    cells_[place.cell] = {std::move(cell), payload.size(), clock_};
    resident_bytes_ += payload.size();
  } else {
    const Cell& cell = cells_.at(place.cell).content;
    ASSIGN_OR_RETURN(auto piece,
                     parse_cell_piece(payload, piece_rows(cell, place.piece),
                                      static_cast<uint32_t>(codes_.rest_bytes()), image_count_));
    piece.records = {};  // the caller reads them from the object
    pieces_[place] = {std::move(piece), payload.size(), clock_};
    resident_bytes_ += payload.size();
  }
  wanted_.erase(ref.sha256);
  forget_unused();
  return {};
}

void PagedIndex::forget_unused() {
  while (resident_bytes_ > memory_limit_) {
    const auto older = [](const auto& a, const auto& b) {
      return a.second.used_at < b.second.used_at;
    };
    const auto piece = std::min_element(pieces_.begin(), pieces_.end(), older);
    const auto cell = std::min_element(cells_.begin(), cells_.end(), older);
    const bool has_piece = piece != pieces_.end() && piece->second.used_at < clock_;
    // A cell of which a piece is on its way is still needed.
    const bool has_cell = cell != cells_.end() && cell->second.used_at < clock_ &&
                          std::none_of(wanted_.begin(), wanted_.end(), [&](const auto& entry) {
                            return entry.second.cell == cell->first;
                          });
    if (!has_piece && !has_cell) return;
    if (has_piece && (!has_cell || piece->second.used_at <= cell->second.used_at)) {
      resident_bytes_ -= piece->second.bytes;
      pieces_.erase(piece);
    } else {
      resident_bytes_ -= cell->second.bytes;
      cells_.erase(cell);
    }
  }
}

}  // namespace sightline
