#include "indexer/net/object_source.h"

#include <algorithm>
#include <cctype>

namespace sightline {
namespace {

// "https" of "HTTPS://host/": empty where the text does not start as an address does.
std::string scheme_of(const std::string& text) {
  const size_t end = text.find("://");
  if (end == text.npos || end < 2) return {};
  std::string scheme = text.substr(0, end);
  for (char& c : scheme) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '+' && c != '-' && c != '.') return {};
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return scheme;
}

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

Result<std::unique_ptr<ObjectSource>> open_object_source(const std::string& path_or_url) {
  const std::string scheme = scheme_of(path_or_url);
  if (scheme == "http" || scheme == "https") return open_http_source(path_or_url);
  if (!scheme.empty()) {
    return invalid_argument("cannot read " + scheme + ":// addresses, only http:// and https://; " +
                            (scheme == "file" ? "give the folder's path instead"
                                              : "copy the bundle to a folder and give its path"));
  }
  return open_directory_source(path_or_url);
}

}  // namespace sightline
