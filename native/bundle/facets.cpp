#include "native/bundle/facets.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace sightline {
namespace {

constexpr uint32_t kGroupRows = 32;  // as the scan takes them
constexpr uint32_t kMaxBins = 4096;

// Two numbers of 4 bits to a byte, the first in its low half.
std::vector<uint8_t> pack_nibbles(std::span<const uint8_t> values) {
  std::vector<uint8_t> bytes((values.size() + 1) / 2);
  for (size_t i = 0; i < values.size(); ++i) {
    bytes[i / 2] |= static_cast<uint8_t>(values[i] << 4 * (i % 2));
  }
  return bytes;
}

Result<FacetColumn> read_facet_column(ByteReader& reader) {
  FacetColumn column;
  column.name = reader.read_string();
  const auto type = reader.read<uint8_t>();
  column.value_count = reader.read<uint32_t>();
  const auto bins = reader.read<uint32_t>();
  const auto cells = reader.read<uint32_t>();
  const std::string name = "facets: '" + column.name + "' ";
  if (type > static_cast<uint8_t>(ColumnType::kNumber)) {
    return corrupt(name + "is of type " + std::to_string(type) + ", expected 0 or 1");
  }
  if (bins == 0 || bins > kMaxBins || (uint64_t{bins} * cells + 1) / 2 > reader.remaining()) {
    return corrupt(name + "has " + std::to_string(bins) + " bins in " + std::to_string(cells) +
                   " cells, which do not fit");
  }
  column.type = static_cast<ColumnType>(type);
  if (column.type == ColumnType::kCategory) {
    column.first_code = reader.read_array<uint32_t>(bins);
    for (uint32_t i = 0; i < bins && reader.ok(); ++i) {
      column.first_name.emplace_back(reader.read_string());
      if (i == 0 ? column.first_code[i] != 0 : column.first_code[i] <= column.first_code[i - 1]) {
        return corrupt(name + "has bins that do not ascend from 0");
      }
    }
    ASSIGN_OR_RETURN(column.names, read_object_parts(reader, ObjectKind::kFacetNames));
    if (reader.ok() && (column.first_code.back() >= column.value_count || column.names.size() > 1 ||
                        (column.names.empty() && column.value_count != bins))) {
      return corrupt(name + "has " + std::to_string(column.value_count) + " values in " +
                     std::to_string(bins) + " bins");
    }
  } else {
    column.edges = reader.read_array<double>(uint64_t{bins} + 1);
    for (size_t i = 0; i < column.edges.size(); ++i) {
      if (!std::isfinite(column.edges[i]) || (i > 0 && column.edges[i] < column.edges[i - 1])) {
        return corrupt(name + "has edges that do not ascend");
      }
    }
  }
  column.bin_rows = reader.read_array<uint32_t>(bins);
  const size_t count = size_t{cells} * bins;
  const auto packed = reader.take((count + 1) / 2);
  if (!reader.ok()) return corrupt(name + "ends before its content");
  column.cell_rows.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    column.cell_rows.push_back(static_cast<uint8_t>(packed[i / 2] >> 4 * (i % 2) & 15));
  }
  return column;
}

// Numbers in an order of their own that unsigned integers keep: a smaller number has a smaller key.
uint64_t key_of(double number) {
  uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof(bits));
  return bits >> 63 ? ~bits : bits | uint64_t{1} << 63;
}

double number_of(uint64_t key) {
  const uint64_t bits = key >> 63 ? key & ~(uint64_t{1} << 63) : ~key;
  double number = 0;
  std::memcpy(&number, &bits, sizeof(number));
  return number;
}

// Decimals that numbers are looked at for; most are short ones.
constexpr uint8_t kMostDecimals = 9;
constexpr double kPowers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
constexpr int64_t kLargestWhole = int64_t{1} << 53;
constexpr uint8_t kDecimalFlag = 0x80;

// The fewest decimals that tell all of the numbers exactly, or kMostDecimals + 1.
uint8_t decimals_of(std::span<const double> numbers) {
  uint8_t decimals = 0;
  for (const double number : numbers) {
    const auto is_exact = [&] {
      const double whole = std::round(number * kPowers[decimals]);
      const bool is_zero = whole == 0;  // the other zero keeps its sign by its bits
      return std::abs(whole) < static_cast<double>(kLargestWhole) &&
             whole / kPowers[decimals] == number && !(is_zero && std::signbit(number));
    };
    while (decimals <= kMostDecimals && !is_exact()) ++decimals;
    if (decimals > kMostDecimals) break;
  }
  return decimals;
}

uint64_t lowest_bits(uint32_t count) { return count == 0 ? 0 : ~uint64_t{0} >> (64 - count); }

void append_bits(uint64_t value, uint32_t width, size_t& at, std::vector<uint8_t>& bytes) {
  for (uint32_t done = 0; done < width;) {
    const auto offset = static_cast<uint32_t>(at % 8);
    if (offset == 0) bytes.push_back(0);
    bytes.back() |= static_cast<uint8_t>(value >> done << offset);
    const uint32_t taken = std::min(8 - offset, width - done);
    done += taken;
    at += taken;
  }
}

uint64_t bits_at(std::span<const uint8_t> bytes, uint32_t width, size_t at) {
  uint64_t value = 0;
  for (uint32_t done = 0; done < width;) {
    const auto offset = static_cast<uint32_t>(at % 8);
    value |= uint64_t{bytes[at / 8]} >> offset << done;
    const uint32_t taken = std::min(8 - offset, width - done);
    done += taken;
    at += taken;
  }
  return value & lowest_bits(width);
}

}  // namespace

void write_facets(ByteWriter& writer, const FacetInfo& facets) {
  for (size_t i = 0; i < kReachCount; ++i) writer.write(facets.reach[i]);
  writer.write(static_cast<uint16_t>(facets.columns.size()));
  for (const auto& column : facets.columns) {
    writer.write_string(column.name);
    writer.write(static_cast<uint8_t>(column.type));
    writer.write(column.value_count);
    writer.write(static_cast<uint32_t>(column.bin_count()));
    writer.write(static_cast<uint32_t>(column.cell_rows.size() / column.bin_count()));
    if (column.type == ColumnType::kCategory) {
      writer.write_array<uint32_t>(column.first_code);
      for (const auto& name : column.first_name) writer.write_string(name);
      write_object_parts(writer, column.names);
    } else {
      writer.write_array<double>(column.edges);
    }
    writer.write_array<uint32_t>(column.bin_rows);
    writer.write_bytes(pack_nibbles(column.cell_rows));
  }
  writer.write(static_cast<uint32_t>(facets.lists.size()));
  for (const auto& list : facets.lists) {
    writer.write(list.column);
    writer.write_string(list.value);
    writer.write(list.row_count);
    write_object_ref(writer, list.ref);
  }
  const auto has_added = [](const FacetColumn& column) {
    return column.added_names.size() + column.added_range.size() > 0;
  };
  if (std::none_of(facets.columns.begin(), facets.columns.end(), has_added)) return;
  for (const auto& column : facets.columns) {
    writer.write(static_cast<uint32_t>(column.added_names.size() + column.added_range.size()));
    for (const auto& name : column.added_names) writer.write_string(name);
    writer.write_array<double>(column.added_range);
  }
}

Result<FacetInfo> read_facets(ByteReader& reader) {
  FacetInfo facets;
  facets.reach = reader.read_array<uint32_t>(kReachCount);
  const auto column_count = reader.read<uint16_t>();
  for (uint32_t i = 0; i < column_count && reader.ok(); ++i) {
    ASSIGN_OR_RETURN(auto column, read_facet_column(reader));
    facets.columns.push_back(std::move(column));
  }
  const auto list_count = reader.read<uint32_t>();
  for (uint32_t i = 0; i < list_count && reader.ok(); ++i) {
    FacetList list;
    list.column = reader.read<uint16_t>();
    list.value = reader.read_string();
    list.row_count = reader.read<uint32_t>();
    ASSIGN_OR_RETURN(list.ref, read_object_ref(reader, ObjectKind::kRowList));
    if (list.column >= column_count || facets.columns[list.column].type != ColumnType::kCategory) {
      return corrupt("facets: a list of rows of column " + std::to_string(list.column) +
                     ", which is no category");
    }
    facets.lists.push_back(std::move(list));
  }
  const bool has_added = reader.remaining() > 0;
  for (auto& column : facets.columns) {
    const auto count = has_added ? reader.read<uint32_t>() : 0;
    if (column.type == ColumnType::kNumber) {
      column.added_range = reader.read_array<double>(count);
      for (const double end : column.added_range) {
        if (count != 2 || !std::isfinite(end)) return corrupt("facets: added rows of no range");
      }
      continue;
    }
    for (uint32_t i = 0; i < count && reader.ok(); ++i) {
      column.added_names.emplace_back(reader.read_string());
    }
  }
  if (!reader.ok()) return corrupt("facets: the bytes end inside them");
  return facets;
}

std::vector<uint8_t> write_facet_names(std::span<const std::string> names) {
  ByteWriter writer;
  for (const auto& name : names) writer.write_string(name);
  return std::move(writer).take();
}

Result<std::vector<std::string>> parse_facet_names(std::span<const uint8_t> payload,
                                                   uint32_t expected_count) {
  ByteReader reader(payload);
  std::vector<std::string> names;
  while (reader.ok() && reader.remaining() > 0) names.emplace_back(reader.read_string());
  if (!reader.ok() || names.size() != expected_count) {
    return corrupt("facets: " + std::to_string(names.size()) + " names, expected " +
                   std::to_string(expected_count));
  }
  return names;
}

std::vector<uint8_t> write_row_facets(std::span<const Column> columns, uint32_t first_row,
                                      uint32_t row_count) {
  ByteWriter writer;
  for (const auto& column : columns) {
    const bool is_number = column.type == ColumnType::kNumber;
    std::vector<double> known;
    for (uint32_t row = first_row; is_number && row < first_row + row_count; ++row) {
      if (!std::isnan(column.numbers[row])) known.push_back(column.numbers[row]);
    }
    const uint8_t decimals = is_number ? decimals_of(known) : kMostDecimals + 1;
    const bool is_decimal = decimals <= kMostDecimals;
    // Whole numbers are moved up, so that their keys are none below 0.
    const auto number_key = [&](double number) {
      if (!is_decimal) return key_of(number);
      return static_cast<uint64_t>(static_cast<int64_t>(std::round(number * kPowers[decimals])) +
                                   kLargestWhole);
    };
    std::vector<uint64_t> keys;
    for (uint32_t row = first_row; row < first_row + row_count; ++row) {
      if (!is_number) {
        keys.push_back(column.codes[row]);
      } else if (!std::isnan(column.numbers[row])) {
        keys.push_back(number_key(column.numbers[row]));
      }
    }
    const bool has_gaps = keys.size() < row_count;
    const uint64_t base = keys.empty() ? 0 : *std::min_element(keys.begin(), keys.end());
    uint64_t all = 0;
    for (const uint64_t key : keys) all |= key - base;
    const auto shift = static_cast<uint32_t>(all == 0 || is_decimal ? 0 : std::countr_zero(all));
    uint64_t most = 0;
    for (const uint64_t key : keys) most = std::max(most, (key - base) >> shift);
    // All ones stand for an unknown number.
    const auto width = static_cast<uint32_t>(std::bit_width(most + (has_gaps ? 1 : 0)));
    writer.write(static_cast<uint8_t>(width | (has_gaps ? 0x80 : 0)));
    writer.write(is_decimal ? static_cast<uint8_t>(kDecimalFlag | decimals)
                            : static_cast<uint8_t>(shift));
    writer.write(base);
    std::vector<uint8_t> bytes;
    size_t at = 0;
    auto key = keys.begin();
    for (uint32_t row = first_row; row < first_row + row_count; ++row) {
      const bool is_gap = is_number && std::isnan(column.numbers[row]);
      append_bits(is_gap ? lowest_bits(width) : (*key++ - base) >> shift, width, at, bytes);
    }
    writer.write_bytes(bytes);
  }
  return std::move(writer).take();
}

Result<void> read_row_facets(std::span<const uint8_t> bytes, std::span<const FacetColumn> schema,
                             uint32_t row_count, bool are_added, std::span<Column> columns) {
  ByteReader reader(bytes);
  for (size_t c = 0; c < schema.size(); ++c) {
    const uint64_t value_count =
        schema[c].value_count + (are_added ? uint64_t{schema[c].added_names.size()} : 0);
    const auto head = reader.read<uint8_t>();
    const auto how = reader.read<uint8_t>();
    const bool is_decimal = (how & kDecimalFlag) != 0;
    const uint32_t shift = is_decimal ? 0 : how;
    const uint32_t decimals = how & ~uint32_t{kDecimalFlag};
    const auto base = reader.read<uint64_t>();
    const uint32_t width = head & 0x7f;
    const bool has_gaps = head >> 7 != 0;
    const auto packed = reader.take((uint64_t{row_count} * width + 7) / 8);
    if (!reader.ok() || width > 64 || shift > 63 || (is_decimal && decimals > kMostDecimals) ||
        (has_gaps && width == 0)) {
      return corrupt("facets: '" + schema[c].name + "' of " + std::to_string(row_count) +
                     " rows does not fit its bytes");
    }
    const bool is_number = schema[c].type == ColumnType::kNumber;
    auto& codes = columns[c].codes;
    auto& numbers = columns[c].numbers;
    codes.clear();
    numbers.clear();
    for (uint32_t row = 0; row < row_count; ++row) {
      const uint64_t added = bits_at(packed, width, size_t{row} * width);
      const uint64_t key = base + (added << shift);
      if (is_number) {
        const bool is_gap = has_gaps && added == lowest_bits(width);
        const auto whole =
            static_cast<double>(static_cast<int64_t>(key - static_cast<uint64_t>(kLargestWhole)));
        numbers.push_back(is_gap       ? std::numeric_limits<double>::quiet_NaN()
                          : is_decimal ? whole / kPowers[decimals]
                                       : number_of(key));
      } else if (key < value_count) {
        codes.push_back(static_cast<uint32_t>(key));
      } else {
        return corrupt("facets: '" + schema[c].name + "' holds value " + std::to_string(key) +
                       ", but there are " + std::to_string(value_count));
      }
    }
  }
  if (reader.remaining() > 0) return corrupt("facets: bytes follow those of the last column");
  return {};
}

std::vector<uint8_t> write_row_list(const RowList& list) {
  ByteWriter writer;
  writer.write(static_cast<uint32_t>(list.rows.size()));
  writer.write(static_cast<uint32_t>(list.pieces.size()));
  writer.write_array<uint32_t>(list.rows);
  for (const auto& piece : list.pieces) writer.write(piece.first_row);
  for (const auto& piece : list.pieces) writer.write(piece.row_count);
  for (const auto& piece : list.pieces) write_object_ref(writer, piece.ref);
  writer.write_bytes(list.codes);
  writer.write_bytes(list.facets);
  return std::move(writer).take();
}

Result<RowList> parse_row_list(std::span<const uint8_t> payload, uint32_t expected_rows,
                               uint32_t first_bytes, const CellDirectory& directory) {
  ByteReader reader(payload);
  RowList list;
  const auto row_count = reader.read<uint32_t>();
  const auto piece_count = reader.read<uint32_t>();
  if (row_count != expected_rows || piece_count > row_count) {
    return corrupt("list: " + std::to_string(row_count) + " rows in " +
                   std::to_string(piece_count) + " pieces, expected " +
                   std::to_string(expected_rows) + " rows");
  }
  list.rows = reader.read_array<uint32_t>(row_count);
  const auto first_rows = reader.read_array<uint32_t>(piece_count);
  const auto row_counts = reader.read_array<uint32_t>(piece_count);
  for (size_t i = 0; i < row_counts.size(); ++i) {
    ASSIGN_OR_RETURN(const auto ref, read_object_ref(reader, ObjectKind::kPiece));
    list.pieces.push_back({first_rows[i], row_counts[i], ref});
  }
  const uint64_t groups = (uint64_t{row_count} + kGroupRows - 1) / kGroupRows;
  const uint64_t code_bytes = groups * kGroupRows * first_bytes;
  if (!reader.ok() || code_bytes > reader.remaining()) {
    return corrupt("list: the bytes end inside it");
  }
  // Rows and pieces ascend together; a piece lies within one cell.
  auto piece = list.pieces.begin();
  for (size_t i = 0; i < list.rows.size(); ++i) {
    const uint32_t row = list.rows[i];
    const bool ascends = i == 0 || row > list.rows[i - 1];
    while (piece != list.pieces.end() && row >= uint64_t{piece->first_row} + piece->row_count) {
      ++piece;
    }
    if (!ascends || piece == list.pieces.end() || row < piece->first_row) {
      return corrupt("list: row " + std::to_string(row) + " is out of order or in no piece");
    }
  }
  uint64_t next = 0;
  for (const auto& [first_row, rows, ref] : list.pieces) {
    const uint64_t end = uint64_t{first_row} + rows;
    const auto cell =
        std::upper_bound(directory.first_row.begin(), directory.first_row.end(), first_row);
    if (rows == 0 || first_row < next || cell == directory.first_row.end() || end > *cell) {
      return corrupt("list: a piece of rows " + std::to_string(first_row) + " to " +
                     std::to_string(end) + " does not lie in a cell");
    }
    next = end;
  }
  const auto codes = reader.take(static_cast<size_t>(code_bytes));
  list.codes.assign(codes.begin(), codes.end());
  const auto facets = reader.take(reader.remaining());
  list.facets.assign(facets.begin(), facets.end());
  return list;
}

}  // namespace sightline
