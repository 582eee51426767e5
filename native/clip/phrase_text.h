#pragma once

#include <string>
#include <string_view>

namespace sightline {

// The form in which two texts are one phrase: the tokenizer's normalisation (NFC, white space,
// lower case), no space at either end and no final full stop. Rule 1 of FORMAT.md, section 4.6.
std::string normalize_phrase(std::string_view text);

// A normalised phrase behind its "a", "an" or "the".
std::string_view without_article(std::string_view phrase);

}  // namespace sightline
