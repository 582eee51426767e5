#include "native/search/hit_relevance.h"

#include <algorithm>
#include <cmath>

namespace sightline {
namespace {

double rounded(double value) {
  constexpr double kSteps = 10'000;
  return std::floor(kSteps * value + 0.5) / kSteps;
}

}  // namespace

RelevanceVerdict judge_hits(const RelevanceInfo& relevance, std::span<const Hit> hits,
                            double familiarity) {
  RelevanceVerdict verdict;
  if (!relevance.is_known() || hits.empty()) return verdict;
  const double logit = relevance.bias + relevance.similarity_weight * hits.front().similarity +
                       relevance.familiarity_weight * std::clamp(familiarity, 0.0, 1.0);
  const double fit = 1 / (1 + std::exp(-logit));
  verdict.found = rounded(fit) >= rounded(relevance.cut_off);
  const double range = relevance.strong_similarity - relevance.unrelated_similarity;
  for (const Hit& hit : hits) {
    const double level = (hit.similarity - relevance.unrelated_similarity) / range;
    verdict.relevances.push_back(rounded(fit * std::clamp(level, 0.0, 1.0)));
  }
  return verdict;
}

}  // namespace sightline
