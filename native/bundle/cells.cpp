#include "native/bundle/cells.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace sightline {
namespace {

constexpr uint32_t kGroupRows = 32;  // as the scan takes them
constexpr size_t kViewBytes = 21;
constexpr uint32_t kMaxRows = 1u << 31;

std::string count_of(uint64_t count, const char* what) {
  return std::to_string(count) + " " + what;
}

// Everything before the codes.
Result<Cell> read_cell_head(ByteReader& reader) {
  Cell cell;
  cell.row_count = reader.read<uint32_t>();
  const auto piece_count = reader.read<uint32_t>();
  if (piece_count == 0 || piece_count > cell.row_count) {
    return corrupt("cell: " + count_of(cell.row_count, "rows in ") +
                   count_of(piece_count, "pieces"));
  }
  const auto first_rows = reader.read_array<uint32_t>(piece_count);
  for (size_t i = 0; i < first_rows.size(); ++i) {
    if (i == 0 ? first_rows[i] != 0 : first_rows[i] <= first_rows[i - 1]) {
      return corrupt("cell: its pieces are not in order");
    }
    if (first_rows[i] >= cell.row_count) return corrupt("cell: a piece begins behind its rows");
    ASSIGN_OR_RETURN(const auto ref, read_object_ref(reader, ObjectKind::kPiece));
    cell.pieces.push_back({first_rows[i], ref});
  }
  if (!reader.ok()) return corrupt("cell: the bytes end inside it");
  return cell;
}

}  // namespace

void write_cell_directory(ByteWriter& writer, const CellDirectory& directory) {
  write_object_parts(writer, directory.transform_rest);
  writer.write(directory.probe_cells);
  writer.write(directory.probe_depth);
  writer.write(directory.first_rows);
  writer.write(directory.settled_rows);
  writer.write(directory.spread_weight);
  writer.write(static_cast<uint32_t>(directory.centroid_components()));
  writer.write(static_cast<uint32_t>(directory.cell_count()));
  writer.write_array(std::span(directory.centroid_scale));
  writer.write_array(std::span(directory.centroids));
  writer.write_array(std::span(directory.spread));
  for (size_t i = 0; i < directory.cell_count(); ++i) {
    writer.write(directory.first_row[i + 1] - directory.first_row[i]);
  }
  for (const auto& ref : directory.cells) write_object_ref(writer, ref);
}

Result<CellDirectory> read_cell_directory(ByteReader& reader, uint32_t row_count) {
  CellDirectory directory;
  ASSIGN_OR_RETURN(directory.transform_rest, read_object_parts(reader, ObjectKind::kTransform));
  directory.probe_cells = reader.read<uint32_t>();
  directory.probe_depth = reader.read<float>();
  directory.first_rows = reader.read<uint32_t>();
  directory.settled_rows = reader.read<uint32_t>();
  directory.spread_weight = reader.read<float>();
  const auto components = reader.read<uint32_t>();
  const auto cell_count = reader.read<uint32_t>();
  if (components > 0xffff || cell_count > reader.remaining() / kObjectRefBytes) {
    return corrupt("cells: " + count_of(cell_count, "cells") + " with centroids of " +
                   count_of(components, "components") + " do not fit the section");
  }
  directory.centroid_scale = reader.read_array<float>(components);
  directory.centroids = reader.read_array<int8_t>(uint64_t{components} * cell_count);
  directory.spread = reader.read_array<float>(cell_count);
  const auto row_counts = reader.read_array<uint32_t>(cell_count);
  if (!reader.ok()) return corrupt("cells: the bytes end inside the directory");
  const auto is_bad = [](float value) { return !std::isfinite(value) || value < 0; };
  if (is_bad(directory.probe_depth) || is_bad(directory.spread_weight) ||
      std::any_of(directory.spread.begin(), directory.spread.end(), is_bad) ||
      std::any_of(directory.centroid_scale.begin(), directory.centroid_scale.end(), is_bad)) {
    return corrupt("cells: a scale, a spread or a depth is not a finite number from 0");
  }
  if (directory.probe_cells == 0) return corrupt("cells: a query opens none of them");
  if (row_count > kMaxRows) {
    return corrupt("cells: " + count_of(row_count, "rows, expected at most ") +
                   std::to_string(kMaxRows));
  }
  uint64_t next = 0;
  directory.first_row.push_back(0);
  for (const uint32_t rows : row_counts) {
    next += rows;
    if (rows == 0 || next > row_count) break;
    directory.first_row.push_back(static_cast<uint32_t>(next));
  }
  if (directory.first_row.size() != size_t{cell_count} + 1 || next != row_count) {
    return corrupt("cells: their rows do not add up to the " + count_of(row_count, "of the index"));
  }
  directory.cells.reserve(cell_count);
  for (uint32_t i = 0; i < cell_count; ++i) {
    ASSIGN_OR_RETURN(const auto ref, read_object_ref(reader, ObjectKind::kCell));
    directory.cells.push_back(ref);
  }
  return directory;
}

size_t Cell::piece_of(uint32_t row) const {
  const auto after =
      std::upper_bound(pieces.begin(), pieces.end(), row,
                       [](uint32_t value, const Piece& piece) { return value < piece.first_row; });
  return static_cast<size_t>(after - pieces.begin()) - 1;
}

std::vector<uint8_t> write_cell(const Cell& cell) {
  ByteWriter writer;
  writer.write(cell.row_count);
  writer.write(static_cast<uint32_t>(cell.pieces.size()));
  for (const auto& piece : cell.pieces) writer.write(piece.first_row);
  for (const auto& piece : cell.pieces) write_object_ref(writer, piece.ref);
  writer.write_bytes(cell.codes);
  writer.write_bytes(cell.facets);
  return std::move(writer).take();
}

Result<Cell> parse_cell(std::span<const uint8_t> payload, uint32_t expected_rows,
                        uint32_t first_bytes) {
  ByteReader reader(payload);
  ASSIGN_OR_RETURN(Cell cell, read_cell_head(reader));
  if (cell.row_count != expected_rows) {
    return corrupt("cell: " + count_of(cell.row_count, "rows, expected ") +
                   std::to_string(expected_rows));
  }
  const uint64_t groups = (uint64_t{expected_rows} + kGroupRows - 1) / kGroupRows;
  const uint64_t code_bytes = groups * kGroupRows * first_bytes;
  if (code_bytes > reader.remaining()) {
    return corrupt("cell: " + count_of(payload.size(), "bytes do not hold the codes of ") +
                   count_of(expected_rows, "rows"));
  }
  const auto codes = reader.take(static_cast<size_t>(code_bytes));
  cell.codes.assign(codes.begin(), codes.end());
  const auto facets = reader.take(reader.remaining());
  cell.facets.assign(facets.begin(), facets.end());
  return cell;
}

Result<std::vector<Cell::Piece>> parse_cell_pieces(std::span<const uint8_t> payload) {
  ByteReader reader(payload);
  ASSIGN_OR_RETURN(Cell cell, read_cell_head(reader));
  return std::move(cell.pieces);
}

std::vector<uint8_t> write_cell_piece(const CellPiece& piece) {
  ByteWriter writer;
  const size_t rows = std::max<size_t>(1, piece.row_count());
  writer.write(static_cast<uint32_t>(piece.row_count()));
  writer.write(static_cast<uint32_t>(piece.codes.size() / rows));
  writer.write_bytes(piece.codes);
  writer.write_bytes(write_views(piece.views));
  writer.write_bytes(write_records_piece(piece.records));
  return std::move(writer).take();
}

Result<CellPiece> parse_cell_piece(std::span<const uint8_t> payload, uint32_t expected_rows,
                                   uint32_t rest_bytes, uint32_t image_count) {
  ByteReader reader(payload);
  const auto row_count = reader.read<uint32_t>();
  const auto found_bytes = reader.read<uint32_t>();
  if (uint64_t{expected_rows} * (uint64_t{rest_bytes} + kViewBytes) > reader.remaining()) {
    return corrupt("piece: " + count_of(expected_rows, "rows do not fit ") +
                   count_of(payload.size(), "bytes"));
  }
  const auto codes = reader.take(uint64_t{expected_rows} * rest_bytes);
  const auto views = reader.take(expected_rows * kViewBytes);
  if (row_count != expected_rows || found_bytes != rest_bytes || !reader.ok()) {
    return corrupt("piece: " + count_of(row_count, "rows in ") +
                   count_of(payload.size(), "bytes, expected ") + count_of(expected_rows, "rows"));
  }
  CellPiece piece;
  piece.codes.assign(codes.begin(), codes.end());
  ASSIGN_OR_RETURN(piece.views, parse_views(views, expected_rows, image_count));
  ASSIGN_OR_RETURN(piece.records, parse_records_piece(reader.take(reader.remaining())));
  if (piece.records.size() != expected_rows) {
    return corrupt("piece: " + count_of(piece.records.size(), "records, expected ") +
                   std::to_string(expected_rows));
  }
  return piece;
}

Result<std::vector<ImageRecord>> parse_piece_records(std::span<const uint8_t> payload) {
  ByteReader reader(payload);
  const uint64_t row_count = reader.read<uint32_t>();
  const uint64_t rest_bytes = reader.read<uint32_t>();
  if (row_count * (rest_bytes + kViewBytes) > reader.remaining()) {
    return corrupt("piece: " + count_of(row_count, "rows do not fit ") +
                   count_of(payload.size(), "bytes"));
  }
  reader.take(row_count * (rest_bytes + kViewBytes));
  return parse_records_piece(reader.take(reader.remaining()));
}

}  // namespace sightline
