#pragma once

#include <string_view>

#include "native/clip/tokenizer.h"

namespace sightline {

// How much of a text the model's vocabulary has as whole words: the share of its characters, spaces
// and single signs apart, that are letters of words of one token, [0, 1]. A vocabulary is made from
// what a model was trained on, so words in pieces are words it hardly met. 0 for an empty text.
double text_familiarity(const Tokenizer& tokenizer, std::string_view text);

}  // namespace sightline
