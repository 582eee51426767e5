#pragma once

#include <span>
#include <vector>

#include "native/bundle/relevance.h"
#include "native/search/searcher.h"

namespace sightline {

// What a text query's hits are worth: [0, 1] each, to four decimals so that it is the same on every
// target, and whether anything was found at all. Where the bundle does not say, every query finds
// something and the relevances are empty.
struct RelevanceVerdict {
  std::vector<double> relevances;  // [hits]
  bool found = true;
};

// hits: the best first, as Searcher::search() gives them. familiarity: text_familiarity() of the
// least familiar phrase of the query, 1 for phrases of the bank.
RelevanceVerdict judge_hits(const RelevanceInfo& relevance, std::span<const Hit> hits,
                            double familiarity);

}  // namespace sightline
