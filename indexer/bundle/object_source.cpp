#include "indexer/bundle/object_source.h"

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

}  // namespace

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
