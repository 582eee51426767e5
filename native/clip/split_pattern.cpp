#include "native/clip/split_pattern.h"

#include <array>
#include <cstddef>

#include "native/clip/unicode_text.h"

namespace sightline {
namespace {

constexpr std::array<std::u32string_view, 7> kContractions = {U"'s", U"'t",  U"'re", U"'ve",
                                                              U"'m", U"'ll", U"'d"};

// Requires text not to begin with white space.
size_t word_length(std::u32string_view text) {
  for (const std::u32string_view contraction : kContractions) {
    if (text.starts_with(contraction)) return contraction.size();
  }
  const CharClass first = char_class(text.front());
  if (first == CharClass::kNumber) return 1;
  size_t length = 1;
  while (length < text.size() && char_class(text[length]) == first) ++length;
  return length;
}

}  // namespace

std::u32string_view next_word(std::u32string_view& text) {
  while (!text.empty() && char_class(text.front()) == CharClass::kSpace) text.remove_prefix(1);
  if (text.empty()) return {};
  const std::u32string_view word = text.substr(0, word_length(text));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace sightline
