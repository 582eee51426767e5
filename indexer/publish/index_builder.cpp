#include "indexer/publish/index_builder.h"

#include <algorithm>
#include <cmath>

#include "native/vectors/codes.h"
#include "native/vectors/dot.h"

namespace sightline {
namespace {

constexpr size_t kSpreadRows = 8000;

void encode_rows(const RowTable& rows, BuiltIndex& index) {
  const size_t dim = rows.dim;
  const size_t fine_bytes = refinement_bytes(dim);
  index.codes.resize(rows.embeddings.size());
  index.refinement.resize(rows.views.size() * fine_bytes);
  const std::span codes(reinterpret_cast<int8_t*>(index.codes.data()), index.codes.size());
  for (size_t row = 0; row < rows.views.size(); ++row) {
    encode_row(index.parameters, std::span(rows.embeddings).subspan(row * dim, dim),
               codes.subspan(row * dim, dim),
               std::span(index.refinement).subspan(row * fine_bytes, fine_bytes));
  }
}

}  // namespace

Result<BuiltIndex> build_index(const RowTable& rows, const GraphOptions& options,
                               BundleWriter& writer, const GraphProgress& progress) {
  BuiltIndex index;
  IndexInfo& info = index.info;
  info.row_kind = rows.kind;
  info.row_count = static_cast<uint32_t>(rows.views.size());
  info.dim = rows.dim;
  info.m = options.m;
  info.ef_construction = options.ef_construction;
  index.parameters = fit_codes(rows.embeddings, rows.dim);
  ByteWriter parameter_bytes;
  write_code_parameters(parameter_bytes, index.parameters);
  info.code_parameters = std::move(parameter_bytes).take();
  encode_rows(rows, index);
  ASSIGN_OR_RETURN(info.codes, writer.add_payload(ObjectKind::kCodes, index.codes));
  ASSIGN_OR_RETURN(info.refinement, writer.add_payload(ObjectKind::kRefinement, index.refinement));
  ASSIGN_OR_RETURN(info.views, writer.add_payload(ObjectKind::kViews, write_views(rows.views)));
  ASSIGN_OR_RETURN(index.graph, build_graph(rows.embeddings, rows.dim, options, progress));
  ASSIGN_OR_RETURN(info.graph, writer.add_payload(ObjectKind::kGraph, write_graph(index.graph)));
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
