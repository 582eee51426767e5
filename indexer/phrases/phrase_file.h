#pragma once

#include <string>
#include <vector>

#include "native/base/result.h"

namespace sightline {

// The lines of a text file that hold something, none for an empty path. option: the one that named
// the file, for messages. kInvalidArgument: a line too long to be a phrase.
Result<std::vector<std::string>> read_phrase_file(const std::string& option,
                                                  const std::string& path);

}  // namespace sightline
