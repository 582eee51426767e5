#pragma once

#include <string_view>

#include "native/base/result.h"

namespace sightline {

// Whether a name is made of [a-z0-9._-] parts between single slashes, none of which starts with a
// dot.
bool is_object_name(std::string_view relative_name);
Error bad_object_name(std::string_view relative_name);

}  // namespace sightline
