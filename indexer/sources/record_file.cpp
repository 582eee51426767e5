#include "indexer/sources/record_file.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <unordered_set>

#include "indexer/base/file_io.h"
#include "indexer/base/json.h"
#include "indexer/sources/category_column.h"

namespace sightline {
namespace {

constexpr size_t kMaxFileBytes = size_t{8} << 30;
constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();
constexpr uint32_t kMaxSize = 1u << 24;

// Members that are no facets: they differ from image to image, or are shown only.
const std::set<std::string> kNoFacets = {"image_id", "path", "media_url"};

// Facets as they are met, by name.
class Facets {
 public:
  explicit Facets(uint32_t row_count) : row_count_(row_count) {}

  void put(const std::string& name, uint32_t row, const JsonValue& value) {
    if (const auto number = value.as_double()) {
      auto& numbers = numbers_[name];
      numbers.resize(row_count_, kAbsent);
      numbers[row] = *number;
    } else if (auto text = value.as_string()) {
      auto& texts = texts_[name];
      texts.resize(row_count_);
      texts[row] = std::move(*text);
    }
  }

  std::vector<Column> columns() const {
    std::vector<Column> columns;
    for (const auto& [name, texts] : texts_) columns.push_back(category_column(name, texts));
    for (const auto& [name, numbers] : numbers_) {
      columns.push_back({.name = name, .type = ColumnType::kNumber, .numbers = numbers});
    }
    return columns;
  }

 private:
  uint32_t row_count_;
  std::map<std::string, std::vector<std::string>> texts_;
  std::map<std::string, std::vector<double>> numbers_;
};

uint32_t size_at(const JsonValue& object, const char* name) {
  const auto value = object.int_at(name).value_or(0);
  return static_cast<uint32_t>(std::clamp<int64_t>(value, 0, kMaxSize));
}

ImageRecord read_record(const JsonValue& object, uint32_t row) {
  ImageRecord record;
  record.image_id = object.string_at("image_id").value_or(std::to_string(row));
  record.path = object.string_at("path").value_or("");
  record.sequence = object.string_at("sequence").value_or("");
  record.camera = object.string_at("camera").value_or("");
  record.media_url = object.string_at("media_url").value_or("");
  record.width_px = size_at(object, "width_px");
  record.height_px = size_at(object, "height_px");
  record.timestamp_s = object.double_at("timestamp_s");
  record.latitude_deg = object.double_at("latitude_deg");
  record.longitude_deg = object.double_at("longitude_deg");
  return record;
}

}  // namespace

Result<RecordTable> read_record_file(const std::string& path, uint32_t row_count) {
  ASSIGN_OR_RETURN(const auto text, read_text_file(path, kMaxFileBytes));
  RecordTable table;
  Facets facets(row_count);
  std::unordered_set<std::string> ids;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const auto line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto row = static_cast<uint32_t>(table.records.size());
    const std::string where = path + " line " + std::to_string(row + 1);
    if (row == row_count) {
      return invalid_argument(path + ": more than the " + std::to_string(row_count) +
                              " rows of the vectors; give one line for each row");
    }
    const auto object = parse_json(line);
    if (!object || !object->is_object()) {
      return invalid_argument(where + ": expected one JSON object" +
                              (object ? "" : " (" + object.error().message + ")"));
    }
    table.records.push_back(read_record(*object, row));
    if (!ids.insert(table.records.back().image_id).second) {
      return invalid_argument(where + ": image_id '" + table.records.back().image_id +
                              "' was there before; ids must be unique");
    }
    for (const auto& [name, value] : object->members()) {
      if (!kNoFacets.contains(name)) facets.put(name, row, value);
    }
  }
  if (table.records.size() != row_count) {
    return invalid_argument(path + ": " + std::to_string(table.records.size()) + " records for " +
                            std::to_string(row_count) +
                            " rows of the vectors; give one line for each row");
  }
  table.columns = facets.columns();
  return table;
}

RecordTable numbered_records(uint32_t row_count) {
  RecordTable table;
  table.records.resize(row_count);
  for (uint32_t row = 0; row < row_count; ++row) {
    table.records[row].image_id = std::to_string(row);
  }
  return table;
}

}  // namespace sightline
