#pragma once

#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/columns.h"

namespace sightline {

// Adds the columns of further images to those of the images before them: the same names and types
// in the same order, categories whose values ascend and numbers only (FORMAT.md, section 4.8).
Result<void> append_columns(std::span<const Column> more, std::vector<Column>& columns);

}  // namespace sightline
