#include "indexer/index/facet_writer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "native/search/facet_filter.h"
#include "native/vectors/scan_kernels.h"

namespace sightline {
namespace {

constexpr uint32_t kMostValues = 65'536;
constexpr size_t kMostNameBytes = size_t{1} << 20;
constexpr size_t kCategoryBins = 32;
constexpr size_t kNumberBins = 16;
constexpr size_t kMostLists = 256;
constexpr uint32_t kRowsPerListed = 8;  // of so many rows, one may be in lists besides
// What a list holds of a row beside its codes: its number, its piece's reference, its facets.
constexpr double kListedRowBytes = 64;

bool is_told(const Column& column) {
  if (column.type == ColumnType::kNumber) return true;
  if (column.type != ColumnType::kCategory || column.values.size() > kMostValues) return false;
  size_t bytes = 0;
  for (const auto& value : column.values) bytes += value.size() + 2;
  return bytes <= kMostNameBytes;
}

std::vector<uint32_t> count_values(const Column& column) {
  std::vector<uint32_t> counts(column.values.size());
  for (const uint32_t code : column.codes) ++counts[code];
  return counts;
}

// Bins of about the same number of rows; a frequent value has one of its own.
void choose_category_bins(const Column& column, FacetColumn& facet) {
  const auto counts = count_values(column);
  const size_t fair = counts.size() <= kCategoryBins
                          ? 0
                          : (column.codes.size() + kCategoryBins - 1) / kCategoryBins;
  size_t rows = 0;
  for (uint32_t code = 0; code < counts.size(); ++code) {
    if (code == 0 || rows >= fair) {
      facet.first_code.push_back(code);
      facet.first_name.push_back(column.values[code]);
      rows = 0;
    }
    rows += counts[code];
  }
}

void choose_number_bins(const Column& column, FacetColumn& facet) {
  std::vector<double> sorted;
  for (const double value : column.numbers) {
    if (std::isfinite(value)) sorted.push_back(value);
  }
  if (sorted.empty()) sorted.push_back(0);
  std::sort(sorted.begin(), sorted.end());
  const double last = sorted.back();
  auto distinct = sorted;
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() > kNumberBins) {
    distinct.clear();
    for (size_t i = 0; i < kNumberBins; ++i) {
      const double edge = sorted[i * sorted.size() / kNumberBins];
      if (distinct.empty() || edge > distinct.back()) distinct.push_back(edge);
    }
  }
  facet.edges = std::move(distinct);
  facet.edges.push_back(last);
}

// The bin of a row, or the number of bins where it is in none.
size_t bin_of(const Column& column, const FacetColumn& facet, uint32_t row) {
  if (facet.type == ColumnType::kCategory) {
    const auto after =
        std::upper_bound(facet.first_code.begin(), facet.first_code.end(), column.codes[row]);
    return static_cast<size_t>(after - facet.first_code.begin()) - 1;
  }
  const double value = column.numbers[row];
  if (!std::isfinite(value)) return facet.edges.size() - 1;
  const auto after = std::upper_bound(facet.edges.begin(), facet.edges.end() - 1, value);
  return static_cast<size_t>(after - facet.edges.begin()) - 1;
}

// What a value's rows cost by list and by the cells that hold them.
struct Candidate {
  uint16_t column = 0;
  uint32_t code = 0;
  uint32_t rows = 0;
};

// All candidates of a column or none, the columns with the fewest rows first.
std::vector<Candidate> affordable(std::vector<Candidate> candidates, uint32_t row_count) {
  std::map<uint16_t, std::vector<Candidate>> by_column;
  for (const auto& candidate : candidates) by_column[candidate.column].push_back(candidate);
  std::vector<std::pair<uint64_t, uint16_t>> order;
  for (const auto& [column, own] : by_column) {
    uint64_t rows = 0;
    for (const auto& candidate : own) rows += candidate.rows;
    order.emplace_back(rows, column);
  }
  std::sort(order.begin(), order.end());
  std::vector<Candidate> chosen;
  uint64_t room = row_count / kRowsPerListed;
  for (const auto& [rows, column] : order) {
    const auto& own = by_column[column];
    if (rows > room || chosen.size() + own.size() > kMostLists) continue;
    room -= rows;
    chosen.insert(chosen.end(), own.begin(), own.end());
  }
  return chosen;
}

}  // namespace

FacetWriter::FacetWriter(std::vector<Column> columns) : columns_(std::move(columns)) {
  std::erase_if(columns_, [](const Column& column) { return !is_told(column); });
}

std::vector<uint8_t> FacetWriter::of_rows(uint32_t first_row, uint32_t row_count) const {
  return write_row_facets(columns_, first_row, row_count);
}

Result<FacetColumn> FacetWriter::sum_up(const Column& column, const CellDirectory& directory,
                                        BundleWriter& writer) const {
  FacetColumn facet;
  facet.name = column.name;
  facet.type = column.type;
  if (column.type == ColumnType::kCategory) {
    facet.value_count = static_cast<uint32_t>(column.values.size());
    choose_category_bins(column, facet);
    facet.bin_rows.resize(facet.first_code.size());
    if (facet.bin_count() < column.values.size()) {
      ASSIGN_OR_RETURN(const auto names,
                       writer.add(ObjectKind::kFacetNames, write_facet_names(column.values)));
      facet.names = {names};
    }
  } else {
    choose_number_bins(column, facet);
    facet.bin_rows.resize(facet.edges.size() - 1);
  }
  const size_t bins = facet.bin_count();
  std::vector<uint32_t> counts(bins + 1);
  for (size_t cell = 0; cell + 1 < directory.first_row.size(); ++cell) {
    std::fill(counts.begin(), counts.end(), 0);
    for (uint32_t row = directory.first_row[cell]; row < directory.first_row[cell + 1]; ++row) {
      ++counts[bin_of(column, facet, row)];
    }
    for (size_t bin = 0; bin < bins; ++bin) {
      facet.bin_rows[bin] += counts[bin];
      facet.cell_rows.push_back(
          static_cast<uint8_t>(std::min<int>(15, std::bit_width(counts[bin]))));
    }
  }
  return facet;
}

RowList FacetWriter::list_of(std::span<const uint32_t> rows, const QueryAwareCodes& codes,
                             std::span<const uint8_t> row_codes) const {
  RowList list;
  list.rows.assign(rows.begin(), rows.end());
  const size_t first_bytes = codes.first_bytes();
  list.codes.resize((rows.size() + kScanGroup - 1) / kScanGroup * kScanGroup * first_bytes);
  std::vector<Column> own;
  for (const auto& column : columns_) {
    own.push_back({.name = column.name, .type = column.type});
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t b = 0; b < first_bytes; ++b) {
      list.codes[(i / kScanGroup * first_bytes + b) * kScanGroup + i % kScanGroup] =
          row_codes[rows[i] * codes.row_bytes() + b];
    }
    const auto piece = std::upper_bound(
        pieces_.begin(), pieces_.end(), rows[i],
        [](uint32_t row, const RowList::Piece& known) { return row < known.first_row; });
    if (list.pieces.empty() || list.pieces.back().first_row != (piece - 1)->first_row) {
      list.pieces.push_back(*(piece - 1));
    }
    for (size_t c = 0; c < own.size(); ++c) {
      if (own[c].type == ColumnType::kCategory) {
        own[c].codes.push_back(columns_[c].codes[rows[i]]);
      } else {
        own[c].numbers.push_back(columns_[c].numbers[rows[i]]);
      }
    }
  }
  list.facets = write_row_facets(own, 0, static_cast<uint32_t>(rows.size()));
  return list;
}

Result<FacetInfo> FacetWriter::finish(const QueryAwareCodes& codes,
                                      std::span<const uint8_t> row_codes,
                                      std::vector<uint32_t> reach, const CellDirectory& directory,
                                      BundleWriter& writer) const {
  FacetInfo info;
  if (columns_.empty()) return info;
  info.reach = std::move(reach);
  const uint32_t row_count = directory.first_row.back();
  double cell_bytes = 0;
  for (const auto& ref : directory.cells) cell_bytes += ref.stored_bytes;
  const double cell_count = static_cast<double>(directory.cell_count());

  std::vector<Candidate> candidates;
  for (const auto& column : columns_) {
    const auto number = static_cast<uint16_t>(info.columns.size());
    ASSIGN_OR_RETURN(auto facet, sum_up(column, directory, writer));
    if (column.type == ColumnType::kCategory) {
      const auto counts = count_values(column);
      for (uint32_t code = 0; code < counts.size(); ++code) {
        const uint32_t rows = counts[code];
        if (rows == 0) continue;
        const auto bin = static_cast<size_t>(
            std::upper_bound(facet.first_code.begin(), facet.first_code.end(), code) -
            facet.first_code.begin() - 1);
        double holding = 0;
        for (size_t i = bin; i < facet.cell_rows.size(); i += facet.bin_count()) {
          holding += facet.cell_rows[i] > 0;
        }
        const double growth = reach_growth(info.reach, double{1} * row_count / rows);
        const double share = std::min(1.0, directory.probe_cells / cell_count * growth);
        const double opened =
            std::max(share * holding, std::min<double>(directory.probe_cells, holding));
        const double list_bytes = rows * (codes.first_bytes() + kListedRowBytes);
        if (2 * list_bytes > opened / cell_count * cell_bytes ||
            list_bytes > double{kMaxObjectBytes} / 2) {
          continue;
        }
        candidates.push_back({number, code, rows});
      }
    }
    info.columns.push_back(std::move(facet));
  }
  for (const auto& [number, code, rows] : affordable(std::move(candidates), row_count)) {
    const Column& column = columns_[number];
    std::vector<uint32_t> members;
    for (uint32_t row = 0; row < row_count; ++row) {
      if (column.codes[row] == code) members.push_back(row);
    }
    ASSIGN_OR_RETURN(
        const auto ref,
        writer.add(ObjectKind::kRowList, write_row_list(list_of(members, codes, row_codes))));
    info.lists.push_back({number, column.values[code], rows, ref});
  }
  return info;
}

}  // namespace sightline
