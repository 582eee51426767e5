#include "native/bundle/column_join.h"

#include <algorithm>
#include <string>

namespace sightline {
namespace {

// Merges two ascending lists; moved[i][v] is the place of value v of list i. False where one does
// not ascend.
bool merge_values(const std::vector<std::string>* const (&lists)[2],
                  std::vector<uint32_t> (&moved)[2], std::vector<std::string>& merged) {
  while (true) {
    const std::string* least = nullptr;
    for (int i = 0; i < 2; ++i) {
      if (moved[i].size() == lists[i]->size()) continue;
      const std::string& next = (*lists[i])[moved[i].size()];
      if (least == nullptr || next < *least) least = &next;
    }
    if (least == nullptr) return true;
    if (!merged.empty() && *least <= merged.back()) return false;
    merged.push_back(*least);
    for (int i = 0; i < 2; ++i) {
      if (moved[i].size() < lists[i]->size() && (*lists[i])[moved[i].size()] == merged.back()) {
        moved[i].push_back(static_cast<uint32_t>(merged.size() - 1));
      }
    }
  }
}

}  // namespace

Result<void> append_columns(std::span<const Column> more, std::vector<Column>& columns) {
  for (size_t i = 0; i < columns.size() || i < more.size(); ++i) {
    std::vector<uint32_t> moved[2];
    std::vector<std::string> values;
    if (i >= more.size() || i >= columns.size() || more[i].name != columns[i].name ||
        more[i].type != columns[i].type || more[i].type == ColumnType::kTags ||
        !merge_values({&columns[i].values, &more[i].values}, moved, values)) {
      return corrupt("deltas: column " + std::to_string(i) + " does not continue the one before");
    }
    Column& column = columns[i];
    column.values = std::move(values);
    for (uint32_t& code : column.codes) code = moved[0][code];
    for (const uint32_t code : more[i].codes) column.codes.push_back(moved[1][code]);
    std::vector<double> numbers(column.numbers.size() + more[i].numbers.size());
    std::copy(more[i].numbers.begin(), more[i].numbers.end(),
              std::copy(column.numbers.begin(), column.numbers.end(), numbers.begin()));
    column.numbers = std::move(numbers);
  }
  return {};
}

}  // namespace sightline
