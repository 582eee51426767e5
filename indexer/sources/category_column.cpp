#include "indexer/sources/category_column.h"

#include <algorithm>

namespace sightline {

Column category_column(std::string name, const std::vector<std::string>& texts) {
  Column column{.name = std::move(name), .type = ColumnType::kCategory};
  column.values = texts;
  std::sort(column.values.begin(), column.values.end());
  column.values.erase(std::unique(column.values.begin(), column.values.end()), column.values.end());
  for (const auto& text : texts) {
    const auto position = std::lower_bound(column.values.begin(), column.values.end(), text);
    column.codes.push_back(static_cast<uint32_t>(position - column.values.begin()));
  }
  return column;
}

}  // namespace sightline
