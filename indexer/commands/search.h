#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/search/loaded_index.h"

namespace sightline {

// One of text, image and similar is given.
struct SearchCommandOptions {
  std::string bundle;  // a site, a bundle or the address of either
  std::string text;
  std::string image;    // an image file
  std::string similar;  // an image_id of the bundle, itself left out of the hits
  uint32_t k = 20;
  uint32_t ef_search = 50;
  SearchPath path = SearchPath::kHnsw;
  std::vector<std::string> filters;  // 'field OP value'
  bool all = false;                  // also where nothing fits the text
  bool json = false;
};

// Prints the hits: a table for people, or {"query", "k", "hits": [...]}.
Result<int> run_search(const SearchCommandOptions& options);

}  // namespace sightline
