#pragma once

#include <cstdint>
#include <vector>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"
#include "native/base/result.h"

namespace sightline {

// How the similarities of text queries are to be read (FORMAT.md, section 4.7), fitted at build
// time to the best hits of phrases that fit the collection and of nonsense.
//
//   fit       = 1 / (1 + exp(-(bias + similarity_weight * best similarity
//                                   + familiarity_weight * familiarity)))
//   relevance = fit * (similarity - unrelated) / (strong - unrelated), within [0, 1]
//
// familiarity: text_familiarity() of the query. Nothing was found where fit is below the cut-off.
struct RelevanceInfo {
  double bias = 0.0;
  double similarity_weight = 0.0;   // at least 0
  double familiarity_weight = 0.0;  // at least 0
  double cut_off = 0.0;             // [0, 1]
  double unrelated_similarity = 0.0;
  double strong_similarity = 0.0;  // above unrelated; equal: the bundle does not say
  // Best similarities at which the fit was made: quantiles 0.05, 0.5 and 0.95 of each kind.
  double fitting_quantiles[3] = {};
  double nonsense_quantiles[3] = {};

  bool is_known() const { return strong_similarity > unrelated_similarity; }
  bool operator==(const RelevanceInfo&) const = default;
};

// The section of the root, and back.
std::vector<uint8_t> write_relevance(const RelevanceInfo& relevance);
Result<RelevanceInfo> read_relevance(ByteReader& reader);

}  // namespace sightline
