#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "native/bundle/cells.h"
#include "native/bundle/facets.h"
#include "native/vectors/query_aware_codes.h"
#include "native/vectors/scan_kernels.h"
#include "tests/native/search/small_bundle.h"

namespace sightline::testing {

// Codes without any fitting: a component is a dimension of four digits. The first tier codes three
// quarters of them.
inline QueryAwareCodes plain_codes(uint32_t dim) {
  QueryAwareCodes codes;
  codes.mean.assign(dim, 0.01f);
  codes.scale.assign(dim, 1.0f / 127);
  codes.step.assign(dim, 2.2f / 256);
  codes.transform.assign(size_t{dim} * dim, 0);
  for (uint32_t i = 0; i < dim; ++i) codes.transform[i * dim + i] = 127;
  const uint32_t scanned = dim * 3 / 4;
  for (uint32_t i = 0; i < 4 * scanned; ++i) codes.digits.push_back(uint16_t(i % scanned));
  for (uint32_t i = scanned; i < dim; ++i) codes.digits.insert(codes.digits.end(), 4, uint16_t(i));
  codes.first_digits = 2 * dim;
  codes.root_components = scanned;
  return codes;
}

inline ImageRecord paged_record(uint32_t image) {
  ImageRecord record;
  record.image_id = "row " + std::to_string(image);
  record.width_px = 640;
  record.height_px = 480;
  return record;
}

// Rows that have a list: one of each 25.
struct RareRows {
  RowList list;
  std::vector<std::vector<uint8_t>> codes;
};

// Writes rows [first, end) of the bundle as one cell with pieces of 7 rows. centroid_of(row):
// [routed components]. facets: of the rows, or none; rare: takes those that have a list.
template <class CentroidOf, class RecordOf>
ObjectRef write_paged_cell(SmallBundleWriter& writer, const QueryAwareCodes& codes, uint32_t first,
                           uint32_t end, CentroidOf centroid_of, RecordOf record_of,
                           std::vector<uint8_t> facets = {}, RareRows* rare = nullptr) {
  const size_t dim = codes.dim();
  Cell cell;
  cell.row_count = end - first;
  const size_t first_bytes = codes.first_bytes();
  cell.codes.resize((cell.row_count + kScanGroup - 1) / kScanGroup * kScanGroup * first_bytes);
  for (uint32_t start = first; start < end; start += 7) {
    CellPiece piece;
    for (uint32_t row = start; row < std::min(end, start + 7); ++row) {
      const std::vector<float> centroid = centroid_of(row);
      std::vector<float> y(dim);
      for (size_t i = 0; i < dim; ++i) {
        y[i] = writer.bundle.whole[row * dim + i] - codes.mean[i] -
               (i < centroid.size() ? centroid[i] : 0);
      }
      std::vector<uint8_t> code(codes.row_bytes());
      encode_components(codes, y, code);
      const uint32_t place = row - first;
      for (size_t b = 0; b < first_bytes; ++b) {
        cell.codes[(place / kScanGroup * first_bytes + b) * kScanGroup + place % kScanGroup] =
            code[b];
      }
      piece.codes.insert(piece.codes.end(), code.begin() + static_cast<ptrdiff_t>(first_bytes),
                         code.end());
      if (rare != nullptr && row % 25 == 0) {
        rare->list.rows.push_back(row);
        rare->codes.push_back(code);
      }
      piece.views.push_back({row, {ViewKind::kWhole, {0, 0, 640, 480}}});
      piece.records.push_back(record_of(row));
    }
    const auto ref = writer.add(ObjectKind::kPiece, write_cell_piece(piece));
    cell.pieces.push_back({start - first, ref});
    if (rare != nullptr && !rare->list.rows.empty() && rare->list.rows.back() >= start) {
      rare->list.pieces.push_back({start, static_cast<uint32_t>(piece.row_count()), ref});
    }
  }
  cell.facets = std::move(facets);
  return writer.add(ObjectKind::kCell, write_cell(cell));
}

// "parity" tells even from odd images, of each 25 one has the mark "rare", and two of three have a
// height, half their number.
inline std::vector<Column> paged_columns(uint32_t first, uint32_t end) {
  Column parity{.name = "parity", .type = ColumnType::kCategory, .values = {"even", "odd"}};
  Column mark{.name = "mark", .type = ColumnType::kCategory, .values = {"rare", "usual"}};
  Column height{.name = "height", .type = ColumnType::kNumber};
  for (uint32_t row = first; row < end; ++row) {
    parity.codes.push_back(row % 2);
    mark.codes.push_back(row % 25 == 0 ? 0 : 1);
    height.numbers.push_back(row % 3 == 0 ? std::nan("") : row / 2.0);
  }
  return {parity, mark, height};
}

// What the root tells of those columns: a bin for each value and three for the heights.
inline FacetInfo paged_facets(std::span<const Column> columns, const CellDirectory& directory) {
  FacetInfo info;
  info.reach = {1, 1, 2, 2, 3, 3, 4, 4};
  for (const auto& column : columns) {
    FacetColumn facet;
    facet.name = column.name;
    facet.type = column.type;
    if (column.type == ColumnType::kCategory) {
      facet.value_count = 2;
      facet.first_code = {0, 1};
      facet.first_name = column.values;
    } else {
      facet.edges = {0, 40, 80, 200};
    }
    facet.bin_rows.resize(column.values.empty() ? 3 : 2);
    for (size_t cell = 0; cell < directory.cell_count(); ++cell) {
      std::vector<uint32_t> rows(facet.bin_count());
      for (uint32_t r = directory.first_row[cell]; r < directory.first_row[cell + 1]; ++r) {
        if (column.type == ColumnType::kCategory) {
          ++rows[column.codes[r]];
        } else if (!std::isnan(column.numbers[r])) {
          ++rows[column.numbers[r] < 40 ? 0 : column.numbers[r] < 80 ? 1 : 2];
        }
      }
      for (size_t bin = 0; bin < rows.size(); ++bin) {
        facet.bin_rows[bin] += rows[bin];
        facet.cell_rows.push_back(static_cast<uint8_t>(std::bit_width(rows[bin])));
      }
    }
    info.columns.push_back(std::move(facet));
  }
  return info;
}

// A paged bundle of clustered unit rows: cells of cell_rows, sorted by nothing but their number,
// and pieces of 7 rows; with has_facets, the cells know the columns of their rows, and the rare
// ones have a list.
inline SmallBundle make_paged_bundle(uint32_t row_count = 300, uint32_t dim = 16,
                                     uint32_t cell_rows = 40, bool has_facets = false) {
  SmallBundleWriter writer;
  SmallBundle& bundle = writer.bundle;
  ClusteredVectorMaker maker(5, dim, 8);
  for (uint32_t row = 0; row < row_count; ++row) maker.add_image(bundle.whole);
  const auto codes = plain_codes(dim);
  IndexInfo info;
  info.layout = IndexLayout::kPaged;
  info.row_count = row_count;
  info.dim = dim;
  info.code_parameters = write_query_aware_codes(codes);
  CellDirectory& directory = info.cells;
  directory.transform_rest =
      writer.add_payload(ObjectKind::kTransform, write_transform_rest(codes));
  directory.first_rows = 20;
  directory.settled_rows = 120;
  directory.spread_weight = 1;
  const size_t routed = codes.root_components;
  const size_t cell_count = (row_count + cell_rows - 1) / cell_rows;
  directory.centroids.resize(routed * cell_count);
  directory.centroid_scale.assign(routed, 1.0f / 127);
  directory.first_row = {0};
  const auto columns = paged_columns(0, row_count);
  RareRows rare;
  std::vector<Column> rare_columns = columns;
  for (uint32_t first = 0; first < row_count; first += cell_rows) {
    const uint32_t end = std::min(row_count, first + cell_rows);
    std::vector<float> mean(dim);
    for (uint32_t row = first; row < end; ++row) {
      for (uint32_t i = 0; i < dim; ++i) {
        mean[i] += (bundle.whole[row * dim + i] - codes.mean[i]) / static_cast<float>(end - first);
      }
    }
    std::vector<float> centroid;
    for (size_t c = 0; c < routed; ++c) {
      int8_t& value = directory.centroids[c * cell_count + first / cell_rows];
      value = static_cast<int8_t>(std::floor(mean[c] * 127 + 0.5f));
      centroid.push_back(static_cast<float>(value) / 127);
    }
    directory.spread.push_back(0.5f);
    directory.first_row.push_back(end);
    directory.cells.push_back(write_paged_cell(
        writer, codes, first, end, [&](uint32_t) { return centroid; }, paged_record,
        has_facets ? write_row_facets(columns, first, end - first) : std::vector<uint8_t>{},
        &rare));
  }
  directory.probe_cells = static_cast<uint32_t>(directory.cells.size());
  directory.probe_depth = 100;

  Root root;
  root.title = "paged";
  root.image_count = row_count;
  root.datasets = {{"paged", "CC0", ""}};
  root.model.id = "test-model";
  root.model.embedding_dim = dim;
  root.indexes = {info};
  std::vector<std::string> ids;
  for (uint32_t row = 0; row < row_count; ++row) ids.push_back(paged_record(row).image_id);
  root.columns = writer.add_payload(ObjectKind::kColumns, write_columns(columns));
  if (has_facets) {
    root.graph =
        writer.add_payload(ObjectKind::kGraph, write_graph(neighborhood_graph(bundle.whole, dim)));
    root.facets = paged_facets(columns, directory);
    const size_t first_bytes = codes.first_bytes();
    rare.list.codes.resize((rare.list.rows.size() + kScanGroup - 1) / kScanGroup * kScanGroup *
                           first_bytes);
    for (auto& column : rare_columns) column.codes.clear(), column.numbers.clear();
    for (size_t i = 0; i < rare.list.rows.size(); ++i) {
      for (size_t b = 0; b < first_bytes; ++b) {
        rare.list.codes[(i / kScanGroup * first_bytes + b) * kScanGroup + i % kScanGroup] =
            rare.codes[i][b];
      }
      for (size_t c = 0; c < columns.size(); ++c) {
        if (columns[c].codes.empty()) {
          rare_columns[c].numbers.push_back(columns[c].numbers[rare.list.rows[i]]);
        } else {
          rare_columns[c].codes.push_back(columns[c].codes[rare.list.rows[i]]);
        }
      }
    }
    const auto rare_count = static_cast<uint32_t>(rare.list.rows.size());
    rare.list.facets = write_row_facets(rare_columns, 0, rare_count);
    root.facets.lists = {
        {1, "rare", rare_count, writer.add(ObjectKind::kRowList, write_row_list(rare.list))}};
  }
  root.image_ids = writer.add_payload(ObjectKind::kImageIds, ImageIdTable::write(ids));
  bundle.root_ref = writer.add(ObjectKind::kRoot, write_root(root));
  return std::move(writer.bundle);
}

}  // namespace sightline::testing
