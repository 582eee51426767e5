#pragma once

#include <string>
#include <vector>

namespace sightline {

// Short descriptions of everyday scenes made by rule from things × colours × places × weather ×
// activities, with class_names among the things. They stand for the queries of visitors: the spread
// of similarities, the quality report and the example queries are measured on them.
// The order is fixed and mixes the kinds, so that any prefix is a fair sample.
std::vector<std::string> query_phrases(const std::vector<std::string>& class_names);

// Candidates for the example queries of a page: the detector's own things alone, with a colour and
// under a condition, and the conditions. Without class names: query_phrases.
std::vector<std::string> example_phrases(const std::vector<std::string>& class_names);

}  // namespace sightline
