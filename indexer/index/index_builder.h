#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "indexer/bundle/bundle_writer.h"
#include "indexer/index/graph_builder.h"
#include "native/bundle/root.h"
#include "native/bundle/views.h"
#include "native/vectors/codes.h"
#include "native/vectors/exact_search.h"

namespace sightline {

// The rows of one index before they are quantised.
struct RowTable {
  RowKind kind = RowKind::kImages;
  uint32_t dim = 0;
  std::vector<float> embeddings;  // [rows, dim] float32, row-major, unit rows
  std::vector<ViewRow> views;     // [rows]
  std::vector<uint32_t> places;   // [rows], their places in the index; none: 0, 1, 2, ...

  uint32_t place(size_t row) const {
    return places.empty() ? static_cast<uint32_t>(row) : places[row];
  }
};

// An index that a build continues: its rows keep their places and their bytes.
struct BaseIndex {
  IndexInfo info;
  CodeParameters parameters;
  std::vector<uint8_t> codes;       // [rows, dim] int8
  std::vector<uint8_t> refinement;  // [rows, refinement_bytes(dim)]
  std::vector<ViewRow> views;       // [rows]
  HnswGraph graph;                  // of the first rows
};

// A row table as it is published.
struct BuiltIndex {
  IndexInfo info;
  CodeParameters parameters;
  std::vector<uint8_t> codes;       // [rows, dim] int8
  std::vector<uint8_t> refinement;  // [rows, refinement_bytes(dim)]
  HnswGraph graph;                  // of the first rows, most often of all

  CodeTable code_table() const {
    return {{reinterpret_cast<const int8_t*>(codes.data()), codes.size()},
            info.row_count,
            info.dim,
            refinement};
  }
};

// Quantises the rows, builds their graph and adds every payload to the bundle. The spread of
// similarities is left at its neutral value. base: null, or what holds the rows whose places are
// below its own row count; the others follow those, coded by its parameters.
Result<BuiltIndex> build_index(const RowTable& rows, const BaseIndex* base,
                               const GraphOptions& options, BundleWriter& writer,
                               const GraphProgress& progress);

// How similar the rows of a table are to phrases. Of rows, not of images by their best row: an
// image with many crops would raise the mean, and its crops would then count for less.
struct SimilaritySpread {
  double mean = 0.0;
  double stddev = 1.0;
};

// phrases: [n, dim] float32, unit rows. A large table is sampled evenly.
SimilaritySpread measure_spread(const RowTable& rows, std::span<const float> phrases);

}  // namespace sightline
