#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "indexer/assemble/assemble_images.h"
#include "indexer/base/progress.h"
#include "indexer/index/index_options.h"
#include "indexer/models/onnx_session.h"
#include "native/base/result.h"

namespace sightline {

// Whether the HNSW graph is built: by the number of rows, or as said.
enum class GraphChoice : uint8_t { kAuto, kOn, kOff };

struct BuildOptions {
  std::vector<std::string> sources;
  std::string out;
  bool bundle_only = false;
  bool full = false;     // forget what the output was built from, write everything again
  std::string model;     // "": the default
  std::string detector;  // "": the default; "none"
  bool crops = true;
  float min_confidence = 0.3f;
  GraphOptions graph;
  GraphChoice graph_choice = GraphChoice::kAuto;  // of a file of vectors
  uint32_t thumbnail_px = 512;
  unsigned threads = 0;  // 0: one for each core
  Device device = Device::kAuto;
  std::string adapter;  // "": recognised by the layout
  std::string dataset;  // "": named by the adapter
  std::string catalog;  // "": .sightline/catalog.sqlite beside the first source
  std::string title;    // "": the names of the datasets
  std::string licence;
  std::string media_base_url;
  PublishedModels models = PublishedModels::kBoth;
  std::string records;  // of a file of vectors: what is known of each row; "": nothing
  std::string queries;  // vectors of queries to fit the codes to; "": the rows stand in
  PagedOptions paged;
  std::string phrase_list;                    // a name or a file; "": see phrase_list_of
  std::string phrases;                        // a file with a phrase a line for the phrase bank
  std::optional<uint32_t> bank_phrase_count;  // made by rule; nothing: by the collection's size
  double least_kept_s = 2;  // of a build of vectors, steps that take less are not kept
  ProgressStyle progress = ProgressStyle::kAuto;
};

// The phrase list as asked for, else: streets for the embedded model, general for vectors, photos
// for folders of images.
std::string phrase_list_of(const BuildOptions& options, bool model_is_embedded);

// Makes or updates a site. 0, or 3 where some images were left out (listed in errors.jsonl beside
// the catalog).
Result<int> run_build(const BuildOptions& options);

}  // namespace sightline
