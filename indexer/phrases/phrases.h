#pragma once

#include <string>
#include <vector>

#include "indexer/phrases/phrase_list.h"

namespace sightline {

// Short descriptions made by rule from the list's things × colours × places × conditions, with
// class_names among the things; none twice. They stand for the queries of visitors: the spread of
// similarities, the quality report and the example queries are measured on them.
// The order is fixed and mixes the kinds, so that any prefix is a fair sample.
std::vector<std::string> query_phrases(const PhraseList& list,
                                       const std::vector<std::string>& class_names);

// Candidates for the example queries of a page: the detector's own things alone, with a colour and
// under a condition, and the conditions. Without class names: query_phrases.
std::vector<std::string> example_phrases(const PhraseList& list,
                                         const std::vector<std::string>& class_names);

}  // namespace sightline
