#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"
#include "native/base/result.h"
#include "native/bundle/object_ref.h"
#include "native/bundle/records.h"
#include "native/bundle/views.h"

namespace sightline {

// The rows of a paged index lie in cells of similar rows, one object each. Which cells a query
// opens is decided by their centroids, which are in the root.
struct CellDirectory {
  ObjectParts transform_rest;         // of the codes' transform, for refinement
  uint32_t probe_cells = 0;           // cells a text query opens on average
  float probe_depth = 0;              // which of them; see FORMAT.md, section 5b
  uint32_t first_rows = 0;            // rows refined before the first answer is shown
  uint32_t settled_rows = 0;          // rows refined for the settled answer
  float spread_weight = 0;            // see FORMAT.md, section 5b
  std::vector<float> centroid_scale;  // [centroid components]
  std::vector<int8_t> centroids;      // [centroid components, cells]
  std::vector<float> spread;          // [cells]: how far the rows lie from the centroid
  std::vector<uint32_t> first_row;    // [cells + 1], ascending from 0
  std::vector<ObjectRef> cells;       // kind kCell

  size_t cell_count() const { return cells.size(); }
  size_t centroid_components() const { return centroid_scale.size(); }
};

void write_cell_directory(ByteWriter& writer, const CellDirectory& directory);
Result<CellDirectory> read_cell_directory(ByteReader& reader, uint32_t row_count);

// One cell: the first tier of its rows' codes, and where the rest of them is.
struct Cell {
  struct Piece {
    uint32_t first_row = 0;  // within the cell
    ObjectRef ref;           // kind kPiece
  };
  uint32_t row_count = 0;
  std::vector<Piece> pieces;    // ascending; the first begins at row 0
  std::vector<uint8_t> codes;   // [ceil(rows / 32)] groups of [first_bytes, 32]; padded with zeros
  std::vector<uint8_t> facets;  // of the rows (facets.h), where the bundle has facets by cells

  // The piece that holds a row of the cell.
  size_t piece_of(uint32_t row) const;
};

std::vector<uint8_t> write_cell(const Cell& cell);
Result<Cell> parse_cell(std::span<const uint8_t> payload, uint32_t expected_rows,
                        uint32_t first_bytes);

// The pieces of a cell alone.
Result<std::vector<Cell::Piece>> parse_cell_pieces(std::span<const uint8_t> payload);

// The rest of some rows: codes, views and, beside them, the records of the images they show.
struct CellPiece {
  std::vector<uint8_t> codes;        // [rows, rest_bytes]
  std::vector<ViewRow> views;        // [rows]
  std::vector<ImageRecord> records;  // [rows]

  size_t row_count() const { return views.size(); }
};

std::vector<uint8_t> write_cell_piece(const CellPiece& piece);
Result<CellPiece> parse_cell_piece(std::span<const uint8_t> payload, uint32_t expected_rows,
                                   uint32_t rest_bytes, uint32_t image_count);

// The records of a piece alone.
Result<std::vector<ImageRecord>> parse_piece_records(std::span<const uint8_t> payload);

}  // namespace sightline
