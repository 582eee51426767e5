#include "indexer/base/file_names.h"

#include <algorithm>

namespace sightline {
namespace {

bool is_name_part(std::string_view part) {
  return !part.empty() && part[0] != '.' && std::all_of(part.begin(), part.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace

bool is_object_name(std::string_view relative_name) {
  while (true) {
    const size_t slash = relative_name.find('/');
    if (!is_name_part(relative_name.substr(0, slash))) return false;
    if (slash == relative_name.npos) return true;
    relative_name.remove_prefix(slash + 1);
  }
}

Error bad_object_name(std::string_view relative_name) {
  return invalid_argument("object name '" + std::string(relative_name.substr(0, 100)) +
                          "' is not made of a-z, 0-9, '.', '_' and '-' between single slashes");
}

}  // namespace sightline
