#include "indexer/increments/bundle_tables.h"

#include <algorithm>
#include <limits>
#include <map>

#include "indexer/sources/category_column.h"
#include "native/base/half.h"

namespace sightline {
namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

void append_rows(const ImageWork& work, uint32_t image, BundleTables& tables) {
  for (const auto& [view, half] : work.views) {
    RowTable& table = view.kind == ViewKind::kCrop ? tables.crops : tables.whole;
    table.views.push_back({image, view});
    std::transform(half.begin(), half.end(), std::back_inserter(table.embeddings), half_to_float);
  }
}

uint16_t dataset_position(const std::string& slug, std::vector<std::string>& datasets) {
  const auto found = std::find(datasets.begin(), datasets.end(), slug);
  if (found == datasets.end()) datasets.push_back(slug);
  return static_cast<uint16_t>(std::find(datasets.begin(), datasets.end(), slug) -
                               datasets.begin());
}

ImageRecord make_record(const SourceImage& source, const ImageWork& work,
                        std::vector<std::string>& datasets) {
  ImageRecord record;
  record.image_id = source.image_id;
  record.dataset = dataset_position(source.dataset, datasets);
  record.sequence = source.sequence;
  record.camera = source.camera;
  record.path = source.source_key;
  record.width_px = work.width_px;
  record.height_px = work.height_px;
  record.timestamp_s = source.timestamp_s;
  record.latitude_deg = source.latitude_deg;
  record.longitude_deg = source.longitude_deg;
  for (const auto& detection : work.detections) {
    record.detections.push_back(
        {static_cast<uint16_t>(detection.class_id), detection.confidence, detection.box_xyxy_px});
  }
  return record;
}

template <class TextOf>
Column text_column(std::string name, const BundleTables& tables, const TextOf& text_of) {
  // What is gone must not bring a value that no filter would find.
  const auto& records = tables.records;
  uint32_t first_live = 0;
  while (tables.is_removed(first_live)) ++first_live;
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < records.size(); ++i) {
    texts.push_back(text_of(records[tables.is_removed(i) ? first_live : i]));
  }
  return category_column(std::move(name), texts);
}

template <class ValueOf>
Column number_column(std::string name, const BundleTables& tables, const ValueOf& value_of) {
  Column column{.name = std::move(name), .type = ColumnType::kNumber};
  for (uint32_t i = 0; i < tables.records.size(); ++i) {
    column.numbers.push_back(tables.is_removed(i) ? kAbsent : value_of(tables.records[i]));
  }
  return column;
}

Column class_column(const BundleTables& tables, const std::vector<std::string>& class_names) {
  Column column{.name = "class", .type = ColumnType::kTags, .values = class_names};
  column.tag_offsets = {0};
  for (uint32_t i = 0; i < tables.records.size(); ++i) {
    std::map<uint16_t, uint16_t> counts;
    if (!tables.is_removed(i)) {
      for (const auto& detection : tables.records[i].detections) ++counts[detection.class_id];
    }
    for (const auto& [class_id, count] : counts) column.tags.push_back({class_id, count});
    column.tag_offsets.push_back(static_cast<uint32_t>(column.tags.size()));
  }
  return column;
}

}  // namespace

std::vector<Column> make_columns(const BundleTables& tables,
                                 const std::vector<std::string>& class_names) {
  std::vector<Column> columns;
  columns.push_back(text_column(
      "dataset", tables, [&](const auto& record) { return tables.datasets[record.dataset]; }));
  columns.push_back(
      text_column("sequence", tables, [](const auto& record) { return record.sequence; }));
  columns.push_back(
      text_column("camera", tables, [](const auto& record) { return record.camera; }));
  columns.push_back(class_column(tables, class_names));
  columns.push_back(number_column("timestamp_s", tables, [](const auto& record) {
    return record.timestamp_s.value_or(kAbsent);
  }));
  columns.push_back(number_column("latitude_deg", tables, [](const auto& record) {
    return record.latitude_deg.value_or(kAbsent);
  }));
  columns.push_back(number_column("longitude_deg", tables, [](const auto& record) {
    return record.longitude_deg.value_or(kAbsent);
  }));
  columns.push_back(number_column("width_px", tables,
                                  [](const auto& record) { return double{} + record.width_px; }));
  columns.push_back(number_column("height_px", tables,
                                  [](const auto& record) { return double{} + record.height_px; }));
  return columns;
}

Result<BundleTables> gather_tables(const std::vector<HashedImage>& images, const WorkKey& key,
                                   uint32_t dim, const std::vector<std::string>& class_names,
                                   Catalog& catalog) {
  BundleTables tables;
  tables.whole.kind = RowKind::kImages;
  tables.crops.kind = RowKind::kCrops;
  tables.whole.dim = tables.crops.dim = dim;
  for (const auto& image : images) {
    ASSIGN_OR_RETURN(const auto work, catalog.get_work(image.content, key));
    if (!work) continue;
    append_rows(*work, static_cast<uint32_t>(tables.records.size()), tables);
    tables.records.push_back(make_record(image.source, *work, tables.datasets));
    tables.contents.push_back(image.content);
  }
  tables.columns = make_columns(tables, class_names);
  return tables;
}

}  // namespace sightline
