#pragma once

#include <string>
#include <vector>

#include "native/bundle/columns.h"

namespace sightline {

// A category column of one text per image, its values in order of their names.
Column category_column(std::string name, const std::vector<std::string>& texts);

}  // namespace sightline
