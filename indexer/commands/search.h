#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/search/loaded_index.h"
#include "native/search/paged_query.h"

namespace sightline {

// One of text, image, similar and vectors is given.
struct SearchCommandOptions {
  std::string bundle;  // a site, a bundle or the address of either
  std::string text;
  std::string image;    // an image file
  std::string similar;  // an image_id of the bundle, itself left out of the hits
  std::string vectors;  // .npy, a query a row
  bool cold =
      false;  // with vectors: each query starts with an empty cache, and says what it fetched
  Stage stage = Stage::kSettled;
  uint32_t probe_cells = 0;  // of a paged index; 0: as the bundle says
  uint32_t refine_rows = 0;  // of a paged index; 0: as the bundle says
  uint32_t k = 20;
  uint32_t ef_search = 50;
  SearchPath path = SearchPath::kAuto;
  std::vector<std::string> filters;  // 'field OP value'
  bool all = false;                  // also where nothing fits the text
  bool json = false;
};

// Prints the hits: a table for people, or {"query", "k", "hits": [...]}.
Result<int> run_search(const SearchCommandOptions& options);

}  // namespace sightline
