#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "indexer/phrases/phrase_list.h"

namespace sightline {

// What visitors are likely to type, made by rule from the list's things × colours × conditions ×
// places × activities × templates, with class_names as the first of the things. At most count,
// normalised, none twice, the likelier first, and only those that `accept` lets through; several
// 100,000 can be made of each list that comes with the program.
using PhraseFilter = std::function<bool(const std::string&)>;
std::vector<std::string> builtin_bank_phrases(const PhraseList& list,
                                              const std::vector<std::string>& class_names,
                                              size_t count, const PhraseFilter& accept);

// Phrases made of names that a dataset gives its sequences ("rainy_night_02" → "rainy night"); none
// of those that are numbers.
std::vector<std::string> phrases_of_names(const std::vector<std::string>& names);

}  // namespace sightline
