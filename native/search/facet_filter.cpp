#include "native/search/facet_filter.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace sightline {
namespace {

// Least share of a bin that is counted where an operand falls between its edges.
constexpr double kLeastShare = 0.1;
// The same of the rows of all deltas, whose numbers have a single bin.
constexpr double kLeastAddedShare = 0.001;
// Where the cells that hold rows are far from the query, at most so many times the usual ones.
constexpr uint64_t kFarCells = 3;
// Rows expected in the cells that are opened, for each row asked for: the figures are rounded.
constexpr double kSpareRows = 4;
// The same of rows that qualify, where only deltas hold any.
constexpr uint32_t kSpareAddedRows = 4;
// Rows that qualify in the opened cells, at least: of few, the nearest may be in any cell.
constexpr uint64_t kLeastQualified = 40;

// The middle of the counts that are told by the same power of two.
double rows_of(uint8_t told) {
  return told == 0 ? 0 : 1.5 * static_cast<double>(1 << (told - 1)) - 0.5;
}

// The share of each bin's rows that a clause is expected to let through, 0 where it lets through
// none: [bins].
std::vector<double> category_shares(const FilterClause& clause, const FacetColumn& column) {
  std::vector<double> shares(column.bin_count());
  const auto& names = column.first_name;
  for (const auto& operand : clause.operands) {
    const auto after = std::upper_bound(names.begin(), names.end(), operand);
    if (after == names.begin()) continue;
    const auto bin = static_cast<size_t>(after - names.begin()) - 1;
    const uint32_t end = bin + 1 < names.size() ? column.first_code[bin + 1] : column.value_count;
    const uint32_t values = end - column.first_code[bin];
    if (values > 1 || names[bin] == operand) {
      shares[bin] = std::min(1.0, shares[bin] + 1.0 / values);
    }
  }
  if (clause.op == FilterOp::kNotEqual) {
    for (double& share : shares) share = 1 - share;
  }
  return shares;
}

std::vector<double> number_shares(FilterOp op, std::span<const double> operands,
                                  std::span<const double> edges, double least) {
  std::vector<double> shares;
  for (size_t bin = 0; bin + 1 < edges.size(); ++bin) {
    const double low = edges[bin];
    const double high = edges[bin + 1];
    const bool is_last = bin + 2 == edges.size();
    const double x = operands[0];
    double share = 1;
    if (op == FilterOp::kAtLeast && x > low) {
      share = (x < high || (is_last && x == high)) ? (high - x) / (high - low) : -1;
    } else if (op == FilterOp::kAtMost && (x < high || is_last)) {
      share = x >= high ? 1 : x >= low ? (x - low) / (high - low) : -1;
    } else if (op == FilterOp::kEqual || op == FilterOp::kIn) {
      const bool holds = std::any_of(operands.begin(), operands.end(), [&](double value) {
        return value >= low && (value < high || (is_last && value == high));
      });
      share = holds ? 0 : -1;
    }
    shares.push_back(share < 0 ? 0 : std::max(share, least));
  }
  return shares;
}

std::vector<double> shares_of(const FilterClause& clause, const FacetColumn& column) {
  if (column.type == ColumnType::kCategory) return category_shares(clause, column);
  const auto numbers = parse_numbers(clause);
  return numbers ? number_shares(clause.op, *numbers, column.edges, kLeastShare)
                 : std::vector<double>(column.bin_count());
}

// The share of all rows of deltas. shares: those of the bins; cell_rows: of all cells.
double added_share_of(const FilterClause& clause, const FacetColumn& column,
                      std::span<const double> shares, uint32_t cell_rows) {
  double share = 0;
  for (size_t bin = 0; bin < shares.size(); ++bin) share += shares[bin] * column.bin_rows[bin];
  share /= std::max(1.0, double{1} * cell_rows);
  if (column.type == ColumnType::kNumber) {
    const auto numbers = parse_numbers(clause);
    if (!numbers || column.added_range.empty()) return 0;
    const double in_range =
        number_shares(clause.op, *numbers, column.added_range, kLeastAddedShare)[0];
    return in_range > 0 ? std::max(share, in_range) : 0;
  }
  for (const auto& name : column.added_names) {
    const auto& operands = clause.operands;
    const bool is_named = std::find(operands.begin(), operands.end(), name) != operands.end();
    if (is_named == (clause.op != FilterOp::kNotEqual)) return std::max(share, kLeastShare);
  }
  return share;
}

}  // namespace

double reach_growth(std::span<const uint32_t> reach, double rows_for_one) {
  // Of so many nearest rows, those that qualify are the ten nearest that do. Without logarithms,
  // which differ from one machine to the next.
  const auto reach_at = [&](size_t i) { return std::max(1.0, double{1} * reach[i]); };
  double growth = 1;
  for (size_t i = 0;; ++i) {
    const size_t step = std::min(i, kReachCount - 2);
    const double doubled = std::max(1.0, reach_at(step + 1) / reach_at(step));
    if (!(rows_for_one >= 2)) return growth * (1 + (doubled - 1) * std::max(0.0, rows_for_one - 1));
    growth *= doubled;
    rows_for_one /= 2;
  }
}

FacetTable::FacetTable(const FacetInfo& info, const CellDirectory& directory,
                       std::vector<uint32_t> added_rows)
    : info_(info), first_row_(directory.first_row), added_rows_(std::move(added_rows)) {
  for (const auto& column : info_.columns) {
    Column own{.name = column.name, .type = column.type};
    if (column.names.empty()) {
      own.values = column.first_name;
      own.values.insert(own.values.end(), column.added_names.begin(), column.added_names.end());
    }
    columns_.push_back(std::move(own));
  }
}

bool FacetTable::knows(std::span<const FilterClause> clauses) const {
  return std::all_of(clauses.begin(), clauses.end(), [&](const FilterClause& clause) {
    return find_column(columns_, clause.field) != nullptr;
  });
}

std::vector<ObjectRef> FacetTable::missing_names(std::span<const FilterClause> clauses) const {
  std::vector<ObjectRef> missing;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const bool is_asked = std::any_of(clauses.begin(), clauses.end(), [&](const auto& clause) {
      return clause.field == columns_[i].name;
    });
    const auto& names = info_.columns[i].names;
    if (is_asked && columns_[i].values.empty()) {
      missing.insert(missing.end(), names.begin(), names.end());
    }
  }
  return missing;
}

Result<void> FacetTable::take_names(const ObjectRef& ref, std::span<const uint8_t> payload) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (info_.columns[i].names != ObjectParts{ref}) continue;
    ASSIGN_OR_RETURN(columns_[i].values, parse_facet_names(payload, info_.columns[i].value_count));
    const auto& added = info_.columns[i].added_names;
    columns_[i].values.insert(columns_[i].values.end(), added.begin(), added.end());
  }
  return {};
}

Result<FacetFilter> FacetFilter::make(const FacetTable& table,
                                      std::span<const FilterClause> clauses) {
  RETURN_IF_ERROR(make_predicates(clauses, table.columns()));
  FacetFilter filter;
  filter.clauses_.assign(clauses.begin(), clauses.end());
  const size_t cells = table.cell_count();
  uint64_t rows = table.cell_rows();
  for (size_t i = 0; i < cells; ++i) {
    filter.expected_.push_back(table.rows_of(i));
    rows += table.added_rows_of(i);
  }
  double added_share = 1;
  for (const auto& clause : clauses) {
    const auto position = find_column(table.columns(), clause.field) - table.columns().data();
    const FacetColumn& column = table.info().columns[static_cast<size_t>(position)];
    const auto shares = shares_of(clause, column);
    added_share *= added_share_of(clause, column, shares, table.cell_rows());
    const uint8_t* told = column.cell_rows.data();
    for (size_t i = 0; i < cells; ++i) {
      double held = 0;
      for (const double share : shares) held += share * rows_of(*told++);
      filter.expected_[i] *= std::min(1.0, held / table.rows_of(i));
    }
    for (size_t bin = 0; bin < shares.size(); ++bin) {
      filter.expected_count_ += shares[bin] * column.bin_rows[bin];
    }
  }
  if (clauses.size() > 1) {
    filter.expected_count_ = std::accumulate(filter.expected_.begin(), filter.expected_.end(), 0.0);
  }
  for (size_t i = 0; i < cells; ++i) {
    filter.may_hold_.push_back(filter.expected_[i] > 0);
    filter.expected_[i] += added_share * table.added_rows_of(i);
    filter.expected_count_ += added_share * table.added_rows_of(i);
  }
  filter.choose_lists(table.info());
  filter.bits_.assign((static_cast<size_t>(rows) + 63) / 64, 0);
  filter.seen_lists_.assign(table.info().lists.size(), false);
  return filter;
}

void FacetFilter::choose_lists(const FacetInfo& info) {
  uint64_t fewest = UINT64_MAX;
  for (const auto& clause : clauses_) {
    if (clause.op != FilterOp::kEqual && clause.op != FilterOp::kIn) continue;
    std::vector<uint32_t> found;
    uint64_t rows = 0;
    bool is_whole = true;
    for (const auto& operand : clause.operands) {
      const auto list =
          std::find_if(info.lists.begin(), info.lists.end(), [&](const FacetList& known) {
            return known.value == operand && info.columns[known.column].name == clause.field;
          });
      is_whole = is_whole && list != info.lists.end();
      if (!is_whole) break;
      found.push_back(static_cast<uint32_t>(list - info.lists.begin()));
      rows += list->row_count;
    }
    if (is_whole && rows < fewest) {
      fewest = rows;
      lists_ = std::move(found);
    }
  }
}

Result<void> FacetFilter::name_values(const FacetTable& table) {
  if (columns_) return {};
  columns_ = std::make_unique<std::vector<Column>>(table.columns().begin(), table.columns().end());
  ASSIGN_OR_RETURN(predicates_, make_predicates(clauses_, *columns_));
  return {};
}

size_t FacetFilter::cells_to_open(const FacetTable& table, std::span<const uint32_t> order,
                                  std::span<const double> reach, size_t probe_cells, size_t opened,
                                  uint32_t k) const {
  double total = 0;
  for (const uint32_t cell : order) total += expected_[cell];
  const double more = reach_growth(table.info().reach, table.cell_rows() / std::max(total, 1.0));
  const auto cells = static_cast<double>(table.cell_count());
  const double share = std::min(1.0, static_cast<double>(probe_cells) / cells * more);
  const double wanted = std::max(share * total, kSpareRows * k);
  double expected = 0;
  size_t count = 0;
  while (count < order.size() && (count < probe_cells || expected < wanted)) {
    expected += expected_[order[count++]];
  }
  // Far from the query, cells differ less: as deep below the best of them as without a filter.
  std::vector<double> all(reach.begin(), reach.end());
  const auto last = all.begin() + static_cast<ptrdiff_t>(std::min(opened, all.size()) - 1);
  std::nth_element(all.begin(), last, all.end(), std::greater<>());
  const double depth = *std::max_element(reach.begin(), reach.end()) - *last;
  const uint64_t most = std::min<uint64_t>(order.size(), kFarCells * probe_cells);
  while (count < most && reach[order[count]] >= reach[order[0]] - depth) ++count;
  return count;
}

bool FacetFilter::any_cell_holds() const {
  return std::find(may_hold_.begin(), may_hold_.end(), true) != may_hold_.end();
}

uint64_t FacetFilter::rows_wanted(uint32_t k) const {
  return any_cell_holds() ? std::max<uint64_t>(k, kLeastQualified) : uint64_t{kSpareAddedRows} * k;
}

Result<void> FacetFilter::look_at(const FacetTable& table, const Rows& rows,
                                  std::span<const uint8_t> facets, RowFilter live) {
  if (seen_.size() <= rows.number) seen_.resize(rows.number + 1);
  if (seen_[rows.number]) return {};
  RETURN_IF_ERROR(name_values(table));
  const uint32_t count = rows.end - rows.first;
  RETURN_IF_ERROR(read_row_facets(facets, table.info().columns, count, rows.are_added, *columns_));
  for (uint32_t i = 0; i < count; ++i) {
    if (row_allowed(live, rows.first + i) && all_hold(predicates_, i)) allow(rows.first + i);
  }
  seen_[rows.number] = true;
  return {};
}

Result<void> FacetFilter::look_at_list(const FacetTable& table, uint32_t list, const RowList& rows,
                                       RowFilter live) {
  if (seen_lists_[list]) return {};
  RETURN_IF_ERROR(name_values(table));
  const auto count = static_cast<uint32_t>(rows.rows.size());
  RETURN_IF_ERROR(read_row_facets(rows.facets, table.info().columns, count, false, *columns_));
  for (uint32_t i = 0; i < count; ++i) {
    if (row_allowed(live, rows.rows[i]) && all_hold(predicates_, i)) allow(rows.rows[i]);
  }
  seen_lists_[list] = true;
  return {};
}

}  // namespace sightline
