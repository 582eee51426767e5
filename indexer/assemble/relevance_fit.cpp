#include "indexer/assemble/relevance_fit.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "indexer/phrases/nonsense_phrases.h"
#include "native/clip/familiarity.h"
#include "native/vectors/dot.h"

namespace sightline {
namespace {

constexpr size_t kMaxRealPhrases = 200;
constexpr size_t kNonsenseOfEachKind = 70;
constexpr size_t kMaxSampledRows = 50'000;
constexpr double kKeptShare = 0.99;
constexpr double kLeastRange = 0.01;

using Vector3 = std::array<double, 3>;

double logistic(double logit) { return 1 / (1 + std::exp(-logit)); }

double logit_of(const Vector3& weights, const QuerySample& sample) {
  return weights[0] + weights[1] * sample.similarity + weights[2] * sample.familiarity;
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto place = static_cast<size_t>(share * static_cast<double>(values.size()));
  return values[std::min(place, values.size() - 1)];
}

std::vector<double> values_of(std::span<const QuerySample> samples, bool fits, auto&& value) {
  std::vector<double> values;
  for (const auto& sample : samples) {
    if (sample.fits == fits) values.push_back(value(sample));
  }
  return values;
}

// Gradient descent on the mean loss of both kinds, weighed alike. Few samples and few weights: a
// fixed number of small steps is simple and always ends.
Vector3 descend(std::span<const QuerySample> samples) {
  constexpr int kSteps = 20'000;
  constexpr double kRate = 0.5;
  constexpr double kShrink = 2e-4;
  const auto fit_count = static_cast<double>(
      std::count_if(samples.begin(), samples.end(), [](const auto& s) { return s.fits; }));
  const double nonsense_count = static_cast<double>(samples.size()) - fit_count;
  Vector3 weights = {0, 0, 0};
  for (int step = 0; step < kSteps; ++step) {
    Vector3 gradient = {0, 0, 0};
    for (const auto& sample : samples) {
      const double miss = logistic(logit_of(weights, sample)) - (sample.fits ? 1 : 0);
      const double share = miss / (2 * (sample.fits ? fit_count : nonsense_count));
      gradient[0] += share;
      gradient[1] += share * sample.similarity;
      gradient[2] += share * sample.familiarity;
    }
    for (size_t i = 0; i < weights.size(); ++i) {
      weights[i] -= kRate * (gradient[i] + (i > 0 ? kShrink * weights[i] : 0));
    }
    weights[1] = std::max(weights[1], 0.0);
    weights[2] = std::max(weights[2], 0.0);
  }
  return weights;
}

}  // namespace

RelevanceInfo fit_relevance(std::span<const QuerySample> samples, double unrelated_similarity) {
  const auto similarity = [](const QuerySample& sample) { return sample.similarity; };
  const auto fitting = values_of(samples, true, similarity);
  const auto nonsense = values_of(samples, false, similarity);
  if (fitting.empty() || nonsense.empty()) return {};
  RelevanceInfo info;
  constexpr double kShares[] = {0.05, 0.5, 0.95};
  for (size_t i = 0; i < std::size(kShares); ++i) {
    info.fitting_quantiles[i] = quantile(fitting, kShares[i]);
    info.nonsense_quantiles[i] = quantile(nonsense, kShares[i]);
  }
  info.unrelated_similarity = unrelated_similarity;
  info.strong_similarity = std::max(info.fitting_quantiles[2], unrelated_similarity + kLeastRange);
  const Vector3 weights = descend(samples);
  info.bias = weights[0];
  info.similarity_weight = weights[1];
  info.familiarity_weight = weights[2];
  const auto logit = [&](const QuerySample& sample) { return logit_of(weights, sample); };
  const double kept = quantile(values_of(samples, true, logit), 1 - kKeptShare);
  const double left_out = quantile(values_of(samples, false, logit), 1.0);
  // Where the kinds lie apart, half way between them.
  info.cut_off = logistic(left_out < kept ? (left_out + kept) / 2 : kept);
  return info;
}

std::vector<double> best_in_tables(std::span<const float> queries,
                                   std::span<const RowTable* const> tables,
                                   std::span<const IndexInfo> indexes) {
  const IndexInfo& scale = indexes.front();
  std::vector<double> best;
  for (size_t start = 0; start < queries.size(); start += scale.dim) {
    double nearest = -1;
    for (size_t i = 0; i < tables.size(); ++i) {
      const RowTable& rows = *tables[i];
      const size_t stride = rows.views.size() / kMaxSampledRows + 1;
      for (size_t row = 0; row < rows.views.size(); row += stride) {
        const double similarity =
            dot_f32(queries.data() + start, rows.embeddings.data() + row * rows.dim, rows.dim);
        nearest = std::max(nearest, scale.similarity_mean +
                                        (similarity - indexes[i].similarity_mean) /
                                            indexes[i].similarity_stddev * scale.similarity_stddev);
      }
    }
    best.push_back(nearest);
  }
  return best;
}

Result<RelevanceInfo> calibrate_relevance(const std::vector<std::string>& real_phrases,
                                          double unrelated_similarity,
                                          const BestSimilarities& best_similarities,
                                          const ClipModel& clip) {
  std::vector<std::string> texts(real_phrases.begin(),
                                 real_phrases.begin() + static_cast<ptrdiff_t>(std::min(
                                                            real_phrases.size(), kMaxRealPhrases)));
  const auto nonsense = nonsense_phrases(texts, kNonsenseOfEachKind);
  for (auto& text : mistyped_phrases(texts)) texts.push_back(std::move(text));
  const size_t real_count = texts.size();
  texts.insert(texts.end(), nonsense.begin(), nonsense.end());
  ASSIGN_OR_RETURN(const auto embeddings, clip.embed_text_batches(texts));
  ASSIGN_OR_RETURN(const auto best, best_similarities(embeddings));
  std::vector<QuerySample> samples;
  for (size_t i = 0; i < texts.size(); ++i) {
    samples.push_back({std::clamp(best[i], 0.0, 1.0), text_familiarity(clip.tokenizer(), texts[i]),
                       i < real_count});
  }
  return fit_relevance(samples, unrelated_similarity);
}

}  // namespace sightline
