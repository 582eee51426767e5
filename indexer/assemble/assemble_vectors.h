#pragma once

#include <optional>
#include <string>
#include <vector>

#include "indexer/bundle/bundle_writer.h"
#include "indexer/increments/base_bundle.h"
#include "indexer/index/build_checkpoint.h"
#include "indexer/index/graph_builder.h"
#include "indexer/index/index_plan.h"
#include "indexer/sources/record_file.h"
#include "native/base/result.h"
#include "native/base/sha256.h"

namespace sightline {

// What a build of vectors is made from.
struct VectorInput {
  RowSource rows;
  RecordTable table;
  std::vector<std::string> ids;      // [rows] image_ids
  std::vector<uint64_t> digests;     // [rows], as digest_rows gives them
  Sha256Digest options_digest = {};  // as digest_of_options gives it
  std::optional<GraphOptions> graph;
};

// A base and what to change in it.
struct Continuation {
  BaseBundle base;
  BaseChanges changes;
};

// kNotFound: there is no bundle. Other errors say why the one that is there cannot be continued:
// its options differ, or too many rows do.
Result<Continuation> continue_base(const VectorInput& input, const std::string& bundle_path);

// A digest of all that decides the cells, codes and graph of an input built in full.
Sha256Digest digest_of_input(const VectorInput& input);

// Writes graph, cells, pieces, facets and tables of all rows: the root without what describes the
// collection. Goes on with the graph that the checkpoint has kept.
Result<Root> write_all_rows(const VectorInput& input, const PagedPlan& plan,
                            BuildCheckpoint& checkpoint, BundleWriter& writer, Progress& progress);

}  // namespace sightline
