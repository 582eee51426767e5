#include "indexer/index/index_builder.h"

#include <algorithm>
#include <cmath>

#include "native/vectors/codes.h"
#include "native/vectors/dot.h"

namespace sightline {
namespace {

constexpr size_t kSpreadRows = 8000;

// The last part of a payload is written again with what follows while it is smaller than this share
// of it, so that many small builds leave few small objects.
constexpr uint64_t kPartsPerPayload = 32;
// Rows that a graph may leave to a scan, of those it holds.
constexpr uint64_t kGraphRowsPerScanned = 4;

// Codes of the base, then of the rows that follow them.
void encode_rows(const RowTable& rows, const BaseIndex* base, BuiltIndex& index) {
  const size_t dim = rows.dim;
  const size_t fine_bytes = refinement_bytes(dim);
  if (base != nullptr) {
    index.codes = base->codes;
    index.refinement = base->refinement;
  }
  const size_t known = index.codes.size() / dim;
  index.codes.resize(size_t{index.info.row_count} * dim);
  index.refinement.resize(index.info.row_count * fine_bytes);
  const std::span codes(reinterpret_cast<int8_t*>(index.codes.data()), index.codes.size());
  for (size_t row = 0; row < rows.views.size(); ++row) {
    const size_t place = rows.place(row);
    if (place < known) continue;
    encode_row(index.parameters, std::span(rows.embeddings).subspan(row * dim, dim),
               codes.subspan(place * dim, dim),
               std::span(index.refinement).subspan(place * fine_bytes, fine_bytes));
  }
}

// Adds a payload of which `known` parts are in the bundle already.
Result<ObjectParts> continue_payload(ObjectKind kind, std::span<const uint8_t> payload,
                                     ObjectParts known, BundleWriter& writer) {
  uint64_t kept = 0;
  for (const auto& part : known) kept += part.raw_bytes;
  if (kept == payload.size()) return known;
  if (!known.empty() && kPartsPerPayload * known.back().raw_bytes < payload.size()) {
    kept -= known.back().raw_bytes;
    known.pop_back();
  }
  ASSIGN_OR_RETURN(const auto more, writer.add_payload(kind, payload.subspan(kept)));
  known.insert(known.end(), more.begin(), more.end());
  return known;
}

Result<HnswGraph> graph_of(const RowTable& rows, const BuiltIndex& index,
                           const GraphOptions& options, const GraphProgress& progress) {
  if (rows.places.empty()) return build_graph(rows.embeddings, rows.dim, options, progress);
  std::vector<uint32_t> row_of_place(index.info.row_count, UINT32_MAX);
  for (uint32_t row = 0; row < rows.places.size(); ++row) row_of_place[rows.places[row]] = row;
  const CodeTable table = index.code_table();
  const auto read = [&](uint32_t place, std::span<float> values) -> Result<void> {
    if (const uint32_t row = row_of_place[place]; row != UINT32_MAX) {
      std::copy_n(rows.embeddings.begin() + static_cast<ptrdiff_t>(size_t{row} * rows.dim),
                  rows.dim, values.begin());
    } else {
      // Of an image that is gone: its links still lead somewhere.
      decode_row(index.parameters, {table.row(place), table.dim}, values,
                 {table.row_refinement(place), refinement_bytes(table.dim)});
    }
    return {};
  };
  return build_graph(index.info.row_count, rows.dim, read, options, progress);
}

}  // namespace

Result<BuiltIndex> build_index(const RowTable& rows, const BaseIndex* base,
                               const GraphOptions& options, BundleWriter& writer,
                               const GraphProgress& progress) {
  BuiltIndex index;
  IndexInfo& info = index.info;
  const auto kept_rows = static_cast<uint32_t>(base != nullptr ? base->views.size() : 0);
  info.row_kind = rows.kind;
  info.row_count = kept_rows;
  for (size_t row = 0; row < rows.views.size(); ++row) {
    info.row_count = std::max(info.row_count, rows.place(row) + 1);
  }
  info.dim = rows.dim;
  info.m = options.m;
  info.ef_construction = options.ef_construction;
  const IndexInfo known = base != nullptr ? base->info : IndexInfo{};
  index.parameters = base != nullptr ? base->parameters : fit_codes(rows.embeddings, rows.dim);
  ByteWriter parameter_bytes;
  write_code_parameters(parameter_bytes, index.parameters);
  info.code_parameters = std::move(parameter_bytes).take();
  encode_rows(rows, base, index);
  ASSIGN_OR_RETURN(info.codes,
                   continue_payload(ObjectKind::kCodes, index.codes, known.codes, writer));
  ASSIGN_OR_RETURN(info.refinement, continue_payload(ObjectKind::kRefinement, index.refinement,
                                                     known.refinement, writer));
  auto views = base != nullptr ? base->views : std::vector<ViewRow>{};
  for (size_t row = 0; row < rows.views.size(); ++row) {
    if (rows.place(row) >= kept_rows) views.push_back(rows.views[row]);
  }
  ASSIGN_OR_RETURN(info.views, writer.add_payload(ObjectKind::kViews, write_views(views)));
  const bool keeps_graph =
      known.m == options.m && known.ef_construction == options.ef_construction &&
      kGraphRowsPerScanned * (info.row_count - base->graph.rows()) <= base->graph.rows();
  if (keeps_graph) {
    index.graph = base->graph;
    info.graph = known.graph;
  } else {
    ASSIGN_OR_RETURN(index.graph, graph_of(rows, index, options, progress));
    ASSIGN_OR_RETURN(info.graph, writer.add_payload(ObjectKind::kGraph, write_graph(index.graph)));
  }
  return index;
}

SimilaritySpread measure_spread(const RowTable& rows, std::span<const float> phrases) {
  const size_t stride = rows.views.size() / kSpreadRows + 1;
  double sum = 0.0;
  double sum_of_squares = 0.0;
  uint64_t count = 0;
  for (size_t start = 0; start < phrases.size(); start += rows.dim) {
    for (size_t row = 0; row < rows.views.size(); row += stride, ++count) {
      const float similarity =
          dot_f32(phrases.data() + start, rows.embeddings.data() + row * rows.dim, rows.dim);
      sum += similarity;
      sum_of_squares += double{similarity} * similarity;
    }
  }
  if (count < 2) return {};
  const double mean = sum / static_cast<double>(count);
  const double variance = sum_of_squares / static_cast<double>(count) - mean * mean;
  return {mean, variance > 1e-12 ? std::sqrt(variance) : 1.0};
}

}  // namespace sightline
