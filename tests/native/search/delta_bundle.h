#pragma once

#include "native/bundle/cell_deltas.h"
#include "native/bundle/object.h"
#include "tests/native/search/paged_bundle.h"

namespace sightline::testing {

inline constexpr uint32_t kDeltaBaseRows = 240;
inline constexpr uint32_t kDeltaRows = 300;  // with the base's
inline constexpr uint32_t kChangedRow = 3;   // removed; its id goes on as that of kChangedTo
inline constexpr uint32_t kChangedTo = 250;

inline ImageRecord delta_record(uint32_t row) {
  return paged_record(row == kChangedTo ? kChangedRow : row);
}

inline std::vector<uint32_t> removed_rows() { return {0, kChangedRow, 41, 245, 299}; }

// Writes a root with this change into the bundle.
template <class Change>
SmallBundle with_root(SmallBundle bundle, Change change) {
  auto root = parse_root(unpack_object(bundle.root_ref, bundle.stored(bundle.root_ref)).value());
  REQUIRE(root.has_value());
  change(*root);
  auto object = pack_object(ObjectKind::kRoot, write_root(*root));
  bundle.root_ref = object.ref;
  bundle.files[object_name(object.ref)] = std::move(object.stored);
  return bundle;
}

// A paged bundle of 240 rows in six cells, to which two builds added 25 and 35 rows and from which
// they took removed_rows(); with has_facets, it has facets and the base a graph. The second brought
// a new value, "late", of the column "parity".
inline SmallBundle make_delta_bundle(bool has_facets = false) {
  constexpr uint32_t kDim = 16;
  SmallBundleWriter writer;
  writer.bundle = make_paged_bundle(kDeltaBaseRows, kDim, 40, has_facets);
  ClusteredVectorMaker maker(77, kDim, 8);
  for (uint32_t row = kDeltaBaseRows; row < kDeltaRows; ++row) {
    maker.add_image(writer.bundle.whole);
  }
  const auto codes = plain_codes(kDim);
  CellDeltas deltas;
  const auto add_delta = [&](const CellDirectory& directory, uint32_t first,
                             std::vector<CellDeltas::Run> runs, uint32_t odd) {
    CellDeltas::Delta delta;
    delta.runs = std::move(runs);
    std::vector<uint32_t> cells;
    for (const auto& run : delta.runs) cells.insert(cells.end(), run.row_count, run.cell);
    const auto centroid_of = [&](uint32_t row) {
      std::vector<float> centroid;
      const size_t components = directory.centroid_components();
      for (size_t c = 0; c < components; ++c) {
        centroid.push_back(directory.centroid_scale[c] *
                           directory.centroids[c * directory.cell_count() + cells[row - first]]);
      }
      return centroid;
    };
    const uint32_t end = first + delta.row_count();
    std::vector<uint8_t> facets;
    if (has_facets) {
      auto columns = paged_columns(first, end);
      for (auto& code : columns[0].codes) code = code == 1 ? odd : code;
      facets = write_row_facets(columns, 0, end - first);
    }
    delta.ref =
        write_paged_cell(writer, codes, first, end, centroid_of, delta_record, std::move(facets));
    deltas.deltas.push_back(std::move(delta));
    return end;
  };
  const auto add_generation = [&](uint32_t first, uint32_t end, const char* odd) {
    auto columns = paged_columns(first, end);
    columns[0].values[1] = odd;
    std::vector<std::string> ids;
    for (uint32_t row = first; row < end; ++row) {
      ids.push_back(delta_record(row).image_id);
    }
    deltas.generations.push_back(
        {end - first, writer.add_payload(ObjectKind::kColumns, write_columns(columns)),
         writer.add_payload(ObjectKind::kImageIds, ImageIdTable::write(ids))});
  };
  const auto& base_ref = writer.bundle.root_ref;
  const auto base =
      parse_root(unpack_object(base_ref, writer.bundle.stored(base_ref)).value()).value();
  const auto& directory = base.indexes[0].cells;
  uint32_t row = add_delta(directory, kDeltaBaseRows, {{0, 10}, {3, 15}}, 1);
  add_generation(kDeltaBaseRows, row, "odd");
  const uint32_t second = row;
  row = add_delta(directory, row, {{1, 20}, {2, 5}}, 2);
  row = add_delta(directory, row, {{5, 10}}, 2);
  REQUIRE(row == kDeltaRows);
  add_generation(second, row, "late");
  deltas.removed = removed_rows();
  return with_root(std::move(writer.bundle), [&](Root& root) {
    root.image_count = kDeltaRows;
    root.deltas = deltas;
    if (!has_facets) return;
    root.facets.columns[0].added_names = {"late"};
    root.facets.columns[2].added_range = {120.5, 149.5};
  });
}

}  // namespace sightline::testing
