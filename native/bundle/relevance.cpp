#include "native/bundle/relevance.h"

#include <algorithm>
#include <cmath>

namespace sightline {

std::vector<uint8_t> write_relevance(const RelevanceInfo& relevance) {
  ByteWriter writer;
  writer.write(relevance.bias);
  writer.write(relevance.similarity_weight);
  writer.write(relevance.familiarity_weight);
  writer.write(relevance.cut_off);
  writer.write(relevance.unrelated_similarity);
  writer.write(relevance.strong_similarity);
  writer.write_array<double>(relevance.fitting_quantiles);
  writer.write_array<double>(relevance.nonsense_quantiles);
  return std::move(writer).take();
}

Result<RelevanceInfo> read_relevance(ByteReader& reader) {
  RelevanceInfo relevance;
  relevance.bias = reader.read<double>();
  relevance.similarity_weight = reader.read<double>();
  relevance.familiarity_weight = reader.read<double>();
  relevance.cut_off = reader.read<double>();
  relevance.unrelated_similarity = reader.read<double>();
  relevance.strong_similarity = reader.read<double>();
  for (double& value : relevance.fitting_quantiles) value = reader.read<double>();
  for (double& value : relevance.nonsense_quantiles) value = reader.read<double>();
  if (!reader.ok()) return corrupt("relevance: the bytes end inside it");
  const double weights[] = {relevance.bias, relevance.similarity_weight,
                            relevance.familiarity_weight, relevance.unrelated_similarity,
                            relevance.strong_similarity};
  const bool finite = std::all_of(std::begin(weights), std::end(weights),
                                  [](double w) { return std::isfinite(w); });
  if (!finite || !relevance.is_known() || relevance.similarity_weight < 0 ||
      relevance.familiarity_weight < 0 || !(relevance.cut_off >= 0 && relevance.cut_off <= 1)) {
    return corrupt("relevance: a weight, a level or the cut-off is out of range");
  }
  return relevance;
}

}  // namespace sightline
