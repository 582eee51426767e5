#include "native/search/paged_query.h"

#include <algorithm>
#include <set>

#include "native/vectors/scan_kernels.h"

namespace sightline {
namespace {

// Beside lists, which hold all rows of the cells that qualify, the deltas of three times the cells
// that are opened otherwise are looked at.
constexpr uint32_t kDeltasPerProbe = 3;

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

Result<PagedQuery> PagedQuery::begin(PagedIndex& index, std::span<const float> query, uint32_t k,
                                     const PagedEffort& effort,
                                     std::span<const FilterClause> filters,
                                     RowFilter rows_allowed) {
  PagedQuery asked(index);
  ASSIGN_OR_RETURN(const auto weights, weigh_query(index.codes(), query));
  if (!filters.empty()) {
    ASSIGN_OR_RETURN(asked.filter_, index.take_filter(filters));
  }
  asked.query_.assign(query.begin(), query.end());
  asked.k_ = k;
  asked.effort_ = effort;
  asked.rows_allowed_ = rows_allowed;
  asked.offsets_ = centroid_similarities(index.directory(), weights);
  asked.scan_ = make_scan_tables(index.codes(), weights);
  // What of the transform came later must not change the first answer.
  QueryWeights known = weights;
  known.weights.resize(index.codes().root_components);
  asked.first_digits_ = make_digit_values(index.codes(), known);
  asked.is_scanned_.resize(index.directory().cells.size());
  asked.is_list_scanned_.resize(index.facets().info().lists.size());
  const uint32_t most =
      std::max(asked.refined_rows(Stage::kFirst), asked.refined_rows(Stage::kSettled));
  asked.best_.emplace(size_t{kRankedPerRefined} * most);
  asked.only_deltas_ = asked.filter_ && effort.probe_cells == 0 && !asked.filter_->lists().empty();
  asked.plan_cells();
  return asked;
}

PagedQuery::~PagedQuery() {
  if (filter_) index_->keep_filter(std::move(filter_));
}

uint32_t PagedQuery::refined_rows(Stage stage) const {
  const auto& directory = index_->directory();
  const uint32_t usual = stage == Stage::kFirst ? directory.first_rows : directory.settled_rows;
  return std::max(k_, effort_.refine_rows > 0 ? effort_.refine_rows : usual);
}

bool PagedQuery::any_allowed(uint32_t first, uint32_t end) const {
  if (rows_allowed_.empty()) return true;
  for (uint32_t row = first; row < end; ++row) {
    if (row % 64 == 0 && row + 64 <= end && rows_allowed_[row / 64] == 0) {
      row += 63;
    } else if (row_allowed(rows_allowed_, row)) {
      return true;
    }
  }
  return false;
}

uint32_t PagedQuery::count_qualified(uint32_t first, uint32_t end) const {
  uint32_t count = 0;
  for (uint32_t row = first; row < end; ++row) count += row_allowed(filter_->rows(), row);
  return count;
}

void PagedQuery::plan_cells() {
  const auto& directory = index_->directory();
  const auto reach = cell_reach(directory, offsets_);
  std::vector<bool> has_runs(reach.size());
  for (const auto& run : index_->runs().all()) {
    if (any_allowed(run.first_row, run.end_row)) has_runs[run.cell] = true;
  }
  for (uint32_t cell = 0; cell < reach.size(); ++cell) {
    const bool may_hold = filter_ ? filter_->expected_rows()[cell] > 0
                                  : has_runs[cell] || any_allowed(directory.first_row[cell],
                                                                  directory.first_row[cell + 1]);
    if (may_hold) order_.push_back(cell);
  }
  const uint64_t usual = effort_.probe_cells > 0 ? effort_.probe_cells : directory.probe_cells;
  const size_t in_depth = cells_in_depth(directory, reach);
  opened_ = effort_.probe_cells > 0 || filter_ ? usual : in_depth;
  if (!filter_ && !effort_.only_opened && index_->searches_resident()) {
    opened_ = std::max(opened_, kSearchedPerProbe * usual);
  }
  // Filtered, more cells may have to be opened than are planned.
  const auto kept =
      static_cast<size_t>(filter_ ? order_.size() : std::min<uint64_t>(order_.size(), opened_));
  std::partial_sort(
      order_.begin(), order_.begin() + static_cast<ptrdiff_t>(kept), order_.end(),
      [&](uint32_t a, uint32_t b) { return reach[a] != reach[b] ? reach[a] > reach[b] : a < b; });
  order_.resize(kept);
  if (filter_ && effort_.probe_cells == 0 && !order_.empty()) {
    opened_ = filter_->cells_to_open(index_->facets(), order_, reach, std::max<size_t>(1, opened_),
                                     in_depth, k_);
  }
  if (only_deltas_) opened_ *= kDeltasPerProbe;
}

void PagedQuery::scan(uint32_t number, const Cell& cell) {
  const auto scan_group = best_scan_group_kernel();
  const size_t first_bytes = index_->codes().first_bytes();
  const auto& first_row = index_->directory().first_row;
  const bool is_delta = number >= index_->cell_count();
  const uint8_t* group = cell.codes.data();
  uint32_t row = first_row[number];
  const uint32_t end = first_row[number + 1];
  // Rows up to here have one centroid: all of a cell, those of a run of a delta.
  uint32_t run_end = row;
  int32_t offset = 0;
  for (; row < end; group += kScanGroup * first_bytes) {
    uint16_t sums[kScanGroup];
    scan_group(scan_.tables.data(), group, first_bytes, sums);
    for (uint32_t done = 0; done < kScanGroup && row < end;) {
      if (row == run_end) {
        run_end = is_delta ? index_->runs().of_row(row).end_row : end;
        offset = scan_offset(offsets_[index_->centroid_of(row)], scan_);
      }
      const uint32_t count = std::min<uint32_t>(kScanGroup - done, run_end - row);
      best_->offer_group(sums + done, offset, row, count, scanned_rows());
      done += count;
      row += count;
    }
  }
}

Result<const Cell*> PagedQuery::open_object(uint32_t number, std::vector<ObjectRef>& missing) {
  lease_.hold(IndexPart::kCell, number);
  const Cell* cell = index_->cache().cell(number);
  if (cell == nullptr) {
    index_->want_object(number, missing);
    return cell;
  }
  if (is_scanned_[number]) return cell;
  if (filter_) {
    if (!index_->facets().missing_names(filter_->clauses()).empty()) return cell;
    const auto& first = index_->directory().first_row;
    const bool is_delta = number >= index_->cell_count();
    RETURN_IF_ERROR(filter_->look_at(index_->facets(),
                                     {number, first[number], first[number + 1], is_delta},
                                     cell->facets, rows_allowed_));
  }
  scan(number, *cell);
  is_scanned_[number] = true;
  return cell;
}

Result<void> PagedQuery::scan_in_order(std::vector<ObjectRef>& missing) {
  const auto& runs = index_->runs();
  const auto& first_row = index_->directory().first_row;
  const uint64_t wanted = filter_ ? filter_->rows_wanted(k_) : 0;
  uint64_t qualified = 0;
  for (size_t i = 0; i < order_.size(); ++i) {
    const uint32_t cell = order_[i];
    if (i >= opened_) {
      if (!filter_ || only_deltas_ || !missing.empty() || qualified >= wanted) break;
      // What the facets promised was too much: more cells, in a round of their own.
      opened_ *= filter_->any_cell_holds() ? 2 : 4;
    }
    const bool may_hold =
        filter_ ? filter_->may_hold(cell) : any_allowed(first_row[cell], first_row[cell + 1]);
    if (!only_deltas_ && may_hold) {
      RETURN_IF_ERROR(open_object(cell, missing));
      if (filter_) qualified += count_qualified(first_row[cell], first_row[cell + 1]);
    }
    for (const auto* run = runs.last_around(cell); run != nullptr; run = runs.before(*run)) {
      if (!any_allowed(run->first_row, run->end_row)) continue;
      RETURN_IF_ERROR(open_object(index_->cell_count() + run->delta, missing));
      // Its other runs may lie around cells that are far.
      if (filter_) qualified += count_qualified(run->first_row, run->end_row);
    }
  }
  return {};
}

Result<void> PagedQuery::scan_lists(std::vector<ObjectRef>& missing) {
  const auto scan_group = best_scan_group_kernel();
  const size_t first_bytes = index_->codes().first_bytes();
  const bool has_names = index_->facets().missing_names(filter_->clauses()).empty();
  for (const uint32_t number : filter_->lists()) {
    lease_.hold(IndexPart::kList, number);
    const RowList* list = index_->cache().list(number);
    if (list == nullptr) {
      index_->want_list(number, missing);
      continue;
    }
    if (is_list_scanned_[number] || !has_names) continue;
    RETURN_IF_ERROR(filter_->look_at_list(index_->facets(), number, *list, rows_allowed_));
    const auto& rows = list->rows;
    for (size_t first = 0; first < rows.size(); first += kScanGroup) {
      uint16_t sums[kScanGroup];
      scan_group(scan_.tables.data(), list->codes.data() + first * first_bytes, first_bytes, sums);
      for (size_t i = first; i < std::min(rows.size(), first + kScanGroup); ++i) {
        const int32_t offset = scan_offset(offsets_[index_->centroid_of(rows[i])], scan_);
        best_->offer(-(offset + sums[i - first]), rows[i], filter_->rows());
      }
    }
    is_list_scanned_[number] = true;
  }
  return {};
}

Result<void> PagedQuery::scan_graph(std::vector<ObjectRef>& missing) {
  PagedGraph& graph = index_->graph();
  const bool is_whole = index_->want_graph(missing);
  const uint32_t cells = index_->cell_count();
  const auto objects = static_cast<uint32_t>(is_scanned_.size());
  // The graph knows no rows of deltas, which are scanned.
  for (uint32_t number = graph.has_cells() ? cells : 0; number < objects; ++number) {
    if (number >= cells) {
      RETURN_IF_ERROR(open_object(number, missing));
      continue;
    }
    lease_.hold(IndexPart::kCell, number);
    if (index_->cache().cell(number) == nullptr) index_->want_object(number, missing);
  }
  if (!is_whole || !missing.empty() || is_ranked_) return {};
  if (!graph.has_cells()) {
    for (uint32_t cell = 0; cell < cells; ++cell) {
      graph.take_cell(cell, index_->cache().cell(cell)->codes, index_->codes().first_bytes(),
                      index_->directory());
    }
    graph.set_cells();
  }
  ranked_ = best_->take();
  const size_t count = std::max(k_, effort_.ef_search);
  ranked_.resize(std::min(ranked_.size(), count));
  std::vector<int32_t> offsets;
  for (const double offset : offsets_) offsets.push_back(scan_offset(offset, scan_));
  const auto found = graph.search(scan_, offsets, count, effort_.ef_search, rows_allowed_);
  ranked_.insert(ranked_.end(), found.begin(), found.end());
  std::sort(ranked_.begin(), ranked_.end());
  is_ranked_ = true;
  return {};
}

const DigitValues* PagedQuery::digits_of(Stage stage) {
  if (stage == Stage::kFirst) return &*first_digits_;
  if (!all_digits_ && index_->has_transform()) {
    // Refused above if at all: the query is the one that was weighed before.
    if (const auto weights = weigh_query(index_->codes(), query_)) {
      all_digits_ = make_digit_values(index_->codes(), *weights);
    }
  }
  return all_digits_ ? &*all_digits_ : nullptr;
}

double PagedQuery::refine(uint32_t row, const PagedIndex::RowRest& rest,
                          const DigitValues& digits) const {
  const auto& codes = index_->codes();
  const std::span values(digits.values);
  std::vector<uint8_t> first(codes.first_bytes());
  index_->gather_row(row, first);
  const auto bytes =
      std::span(rest.piece->codes).subspan(rest.position * codes.rest_bytes(), codes.rest_bytes());
  const int32_t sum = dot_digits(values.first(codes.first_digits), first) +
                      dot_digits(values.subspan(codes.first_digits), bytes);
  return digits.base + offsets_[index_->centroid_of(row)] + digits.unit * sum;
}

std::vector<PagedHit> PagedQuery::refine_ranked(Stage stage, bool wants_pieces,
                                                std::vector<ObjectRef>& missing) {
  const DigitValues* digits = digits_of(stage);
  const bool by_graph = effort_.ef_search > 0;
  const size_t wanted = by_graph ? ranked_.size() : refined_rows(stage);
  const size_t looked_at =
      by_graph ? ranked_.size() : std::min(ranked_.size(), kRankedPerRefined * wanted);
  // Pieces of the first rows; others are not looked at, even where they are in memory.
  std::set<uint32_t> pieces;
  std::vector<PagedHit> hits;
  for (size_t i = 0; i < looked_at; ++i) {
    const auto [distance, row] = ranked_[i];
    PagedHit hit{row, scan_.base + scan_.unit * -distance, false};
    const auto place = index_->piece_of(row);
    if (place && wants_pieces && i < wanted && pieces.insert(place->first_row).second) {
      lease_.hold(IndexPart::kPiece, place->first_row);
      if (index_->cache().piece(place->first_row) == nullptr) index_->want_piece(*place, missing);
    }
    if (place && digits != nullptr && pieces.contains(place->first_row)) {
      if (const auto rest = index_->find_rest(row); rest.piece != nullptr) {
        hit = {row, refine(row, rest, *digits), true};
      }
    }
    hits.push_back(hit);
  }
  return hits;
}

Result<PagedAnswer> PagedQuery::step(Stage stage) {
  PagedAnswer answer;
  if (kSearchesGraphs && effort_.ef_search > 0) {
    RETURN_IF_ERROR(scan_graph(answer.missing));
    if (!is_ranked_) return answer;
  } else if (!is_ranked_) {
    if (filter_) {
      for (const auto& ref : index_->facets().missing_names(filter_->clauses())) {
        index_->want_names(ref, answer.missing);
      }
    }
    if (only_deltas_) RETURN_IF_ERROR(scan_lists(answer.missing));
    // Lists hold no rows of deltas.
    if (!only_deltas_ || !index_->runs().empty()) RETURN_IF_ERROR(scan_in_order(answer.missing));
    is_ranked_ = answer.missing.empty();
    auto best = is_ranked_ ? std::move(*best_) : *best_;
    ranked_ = best.take();
  }
  // Pieces are asked for once the scan is over: before, the rows are not the last word.
  const bool is_scanned = answer.missing.empty();
  if (stage == Stage::kSettled) index_->want_transform(answer.missing);
  answer.hits = refine_ranked(stage, is_scanned, answer.missing);
  sort_best_first(answer.hits);
  if (answer.hits.size() > k_) answer.hits.resize(k_);
  return answer;
}

std::optional<double> PagedQuery::similarity(uint32_t row) const {
  const auto rest = index_->find_rest(row);
  std::vector<uint8_t> first(index_->codes().first_bytes());
  if (rest.piece == nullptr || !index_->gather_row(row, first)) return std::nullopt;
  return refine(row, rest, all_digits_ ? *all_digits_ : *first_digits_);
}

}  // namespace sightline
