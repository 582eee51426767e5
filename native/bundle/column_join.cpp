#include "native/bundle/column_join.h"

#include <map>
#include <string>

namespace sightline {

Result<void> append_columns(std::span<const Column> more, std::vector<Column>& columns) {
  if (more.size() != columns.size()) {
    return corrupt("deltas: " + std::to_string(more.size()) + " columns, expected " +
                   std::to_string(columns.size()));
  }
  for (size_t i = 0; i < more.size(); ++i) {
    Column& column = columns[i];
    if (more[i].name != column.name || more[i].type != column.type ||
        column.type == ColumnType::kTags) {
      return corrupt("deltas: column '" + more[i].name + "' does not continue '" + column.name +
                     "'");
    }
    column.numbers.insert(column.numbers.end(), more[i].numbers.begin(), more[i].numbers.end());
    std::map<std::string, uint32_t, std::less<>> positions;
    for (uint32_t v = 0; v < column.values.size(); ++v) positions.try_emplace(column.values[v], v);
    std::vector<uint32_t> moved;
    for (const auto& value : more[i].values) {
      const auto [found, is_new] =
          positions.try_emplace(value, static_cast<uint32_t>(column.values.size()));
      if (is_new) column.values.push_back(value);
      moved.push_back(found->second);
    }
    for (const uint32_t code : more[i].codes) column.codes.push_back(moved[code]);
  }
  return {};
}

}  // namespace sightline
