#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sightline {

// Texts that no picture answers, to tell what similarities mean nothing: random letters, the words
// of real phrases with their letters shuffled, and talk of things without a shape. count of each;
// the same every time.
std::vector<std::string> nonsense_phrases(const std::vector<std::string>& real_phrases,
                                          size_t count);

// Phrases of four words or more that end in a longer one, with one letter of it dropped or
// exchanged.
std::vector<std::string> mistyped_phrases(const std::vector<std::string>& phrases);

}  // namespace sightline
