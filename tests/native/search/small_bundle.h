#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "native/bundle/columns.h"
#include "native/bundle/examples.h"
#include "native/bundle/image_ids.h"
#include "native/bundle/object.h"
#include "native/bundle/records.h"
#include "native/bundle/root.h"
#include "native/bundle/views.h"
#include "native/search/searcher.h"
#include "native/vectors/codes.h"
#include "native/vectors/dot.h"
#include "native/vectors/hnsw_graph.h"
#include "tests/native/vectors/clustered_vectors.h"

namespace sightline::testing {

// A whole bundle in memory, written by the same functions as a published one. Its graph is the
// exact neighborhood of each row and a ring through all rows, so that it needs no builder.
struct SmallBundle {
  ObjectRef root_ref;
  std::map<std::string, std::vector<uint8_t>> files;  // by object name, as stored
  std::vector<float> whole;                           // [image_count, dim] unit rows
  std::vector<float> crops;                           // [crop rows, dim] unit rows
  std::vector<uint32_t> crop_images;                  // [crop rows]

  const std::vector<uint8_t>& stored(const ObjectRef& ref) const {
    return files.at(object_name(ref));
  }
};

class SmallBundleWriter {
 public:
  ObjectRef add(ObjectKind kind, const std::vector<uint8_t>& raw) {
    auto object = pack_object(kind, raw);
    bundle.files[object_name(object.ref)] = std::move(object.stored);
    return object.ref;
  }
  ObjectParts add_payload(ObjectKind kind, const std::vector<uint8_t>& raw) {
    return raw.empty() ? ObjectParts{} : ObjectParts{add(kind, raw)};
  }

  SmallBundle bundle;
};

inline HnswGraph neighborhood_graph(std::span<const float> rows, uint32_t dim) {
  const auto row_count = static_cast<uint32_t>(rows.size() / dim);
  constexpr uint32_t kLinks = 12;
  HnswGraphLists lists;
  lists.m = 16;
  lists.levels.assign(row_count, 0);
  for (uint32_t row = 0; row < row_count; ++row) {
    std::vector<std::pair<float, uint32_t>> near;
    for (uint32_t other = 0; other < row_count; ++other) {
      if (other != row)
        near.emplace_back(-dot_f32(&rows[row * dim], &rows[other * dim], dim), other);
    }
    std::sort(near.begin(), near.end());
    std::vector<uint32_t> links;
    if (row_count > 1) links.push_back((row + 1) % row_count);
    for (const auto& [distance, other] : near) {
      if (links.size() == kLinks) break;
      if (std::find(links.begin(), links.end(), other) == links.end()) links.push_back(other);
    }
    lists.counts.push_back(static_cast<uint16_t>(links.size()));
    lists.neighbors.insert(lists.neighbors.end(), links.begin(), links.end());
  }
  return HnswGraph::from_lists(std::move(lists)).value();
}

inline IndexInfo write_small_index(SmallBundleWriter& writer, RowKind kind,
                                   const std::vector<float>& rows,
                                   const std::vector<ViewRow>& views, uint32_t dim) {
  IndexInfo index;
  index.row_kind = kind;
  index.row_count = static_cast<uint32_t>(views.size());
  index.dim = dim;
  index.m = 16;
  const auto parameters = fit_codes(rows, dim);
  ByteWriter parameter_bytes;
  write_code_parameters(parameter_bytes, parameters);
  index.code_parameters = std::move(parameter_bytes).take();
  std::vector<int8_t> codes(rows.size());
  const size_t fine_bytes = refinement_bytes(dim);
  std::vector<uint8_t> refinement(views.size() * fine_bytes);
  for (size_t row = 0; row < views.size(); ++row) {
    encode_row(parameters, std::span(rows).subspan(row * dim, dim),
               std::span(codes).subspan(row * dim, dim),
               std::span(refinement).subspan(row * fine_bytes, fine_bytes));
  }
  index.codes = writer.add_payload(ObjectKind::kCodes, {codes.begin(), codes.end()});
  index.refinement = writer.add_payload(ObjectKind::kRefinement, refinement);
  index.views = writer.add_payload(ObjectKind::kViews, write_views(views));
  index.graph = writer.add_payload(ObjectKind::kGraph, write_graph(neighborhood_graph(rows, dim)));
  return index;
}

inline std::vector<Column> small_columns(uint32_t image_count) {
  Column sequence{.name = "sequence", .type = ColumnType::kCategory, .values = {"a", "b", "c"}};
  Column timestamp{.name = "timestamp_s", .type = ColumnType::kNumber};
  Column classes{.name = "class", .type = ColumnType::kTags, .values = {"car", "dog"}};
  classes.tag_offsets = {0};
  for (uint32_t image = 0; image < image_count; ++image) {
    sequence.codes.push_back(image % 3);
    timestamp.numbers.push_back(1000.0 + image);
    if (image % 2 == 0) classes.tags.push_back({0, static_cast<uint16_t>(1 + image % 4)});
    if (image % 5 == 0) classes.tags.push_back({1, 1});
    classes.tag_offsets.push_back(static_cast<uint32_t>(classes.tags.size()));
  }
  return {sequence, timestamp, classes};
}

inline ImageRecord small_record(uint32_t image) {
  ImageRecord record;
  record.image_id = "small/" + std::to_string(image) + ".jpg";
  record.sequence = std::string(1, static_cast<char>('a' + image % 3));
  record.path = std::to_string(image) + ".jpg";
  record.width_px = 640;
  record.height_px = 480;
  record.timestamp_s = 1000.0 + image;
  if (image % 2 == 0) record.detections.push_back({0, 0.5f, {10, 20, 110, 220}});
  return record;
}

// dim must be a power of two. Every third image has a crop row. removed: images that are gone.
inline SmallBundle make_small_bundle(uint64_t seed = 1, uint32_t image_count = 60,
                                     uint32_t dim = 32, std::vector<uint32_t> removed = {}) {
  SmallBundleWriter writer;
  SmallBundle& bundle = writer.bundle;
  ClusteredVectorMaker maker(seed, dim, 6);
  std::vector<ViewRow> whole_views;
  std::vector<ViewRow> crop_views;
  for (uint32_t image = 0; image < image_count; ++image) {
    maker.add_image(bundle.whole);
    whole_views.push_back({image, {ViewKind::kWhole, {80, 0, 560, 480}}});
    if (image % 3 == 0) {
      maker.add_image(bundle.crops);
      crop_views.push_back({image, {ViewKind::kCrop, {10, 20, 110, 120}}});
      bundle.crop_images.push_back(image);
    }
  }
  Root root;
  root.title = "small";
  root.generator = "test";
  root.image_count = image_count;
  root.datasets = {{"small", "CC0", "images/"}};
  root.class_names = {"car", "dog"};
  root.model.id = "test-model";
  root.model.embedding_dim = dim;
  root.indexes.push_back(
      write_small_index(writer, RowKind::kImages, bundle.whole, whole_views, dim));
  root.indexes.push_back(write_small_index(writer, RowKind::kCrops, bundle.crops, crop_views, dim));
  std::vector<ImageRecord> records;
  std::vector<std::string> image_ids;
  for (uint32_t image = 0; image < image_count; ++image) {
    records.push_back(small_record(image));
    image_ids.push_back(records.back().image_id);
  }
  const uint32_t half = image_count / 2;
  const std::span all(records);
  root.records.push_back(
      {0, writer.add(ObjectKind::kRecords, write_records_piece(all.first(half)))});
  root.records.push_back(
      {half, writer.add(ObjectKind::kRecords, write_records_piece(all.subspan(half)))});
  root.columns =
      writer.add_payload(ObjectKind::kColumns, write_columns(small_columns(image_count)));
  root.image_ids = writer.add_payload(ObjectKind::kImageIds, ImageIdTable::write(image_ids));
  const ExampleQuery example{"a car", {bundle.whole.begin(), bundle.whole.begin() + dim}};
  root.examples = writer.add_payload(ObjectKind::kExamples, write_examples({&example, 1}, dim));
  root.quality = {{"recall_at_10", 1.0}};
  root.deltas.removed = std::move(removed);
  bundle.root_ref = writer.add(ObjectKind::kRoot, write_root(root));
  return std::move(writer.bundle);
}

// A searcher with every object added.
inline Searcher open_small_bundle(const SmallBundle& bundle) {
  auto searcher = Searcher::open(bundle.root_ref, bundle.stored(bundle.root_ref)).value();
  for (const auto& ref : searcher.missing_objects()) {
    const auto added = searcher.add_object(ref, bundle.stored(ref));
    if (!added) throw std::runtime_error(added.error().message);
  }
  return searcher;
}

}  // namespace sightline::testing
