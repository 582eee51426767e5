#include "native/search/conjunction.h"

#include <algorithm>
#include <array>
#include <optional>

namespace sightline {
namespace {

constexpr std::string_view kSpace = " \t\n\r";
constexpr std::array<std::string_view, 2> kConjunctions = {"and", "&"};

// Where a phrase ends in one of these, the next phrase goes on describing the same thing.
constexpr std::array<std::string_view, 20> kAdjectives = {
    "black", "white",  "red",    "green", "blue",  "yellow", "orange", "brown", "grey", "gray",
    "pink",  "purple", "silver", "gold",  "young", "old",    "big",    "small", "dark", "light"};

// Enough to say what one means, and a bound on the work.
constexpr size_t kMaxPhrases = 8;

bool equals_ascii_lower(std::string_view word, std::string_view lower) {
  return std::equal(word.begin(), word.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

template <size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view known) { return equals_ascii_lower(word, known); });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string_view last_word(std::string_view phrase) {
  return phrase.substr(phrase.find_last_of(kSpace) + 1);
}

struct Span {
  size_t begin;
  size_t end;
};

// The next "and" that stands alone.
std::optional<Span> find_conjunction(std::string_view text, size_t from) {
  while (true) {
    const size_t begin = text.find_first_not_of(kSpace, from);
    if (begin == std::string_view::npos) return {};
    const size_t end = std::min(text.find_first_of(kSpace, begin), text.size());
    if (is_one_of(text.substr(begin, end - begin), kConjunctions)) return Span{begin, end};
    from = end;
  }
}

// The commas of an enumeration, which only a conjunction later on makes one.
bool append_enumeration(std::string_view text, std::vector<std::string>& phrases) {
  while (true) {
    const auto comma = text.find(',');
    const auto phrase = trim(text.substr(0, comma));
    const bool is_last = comma == std::string_view::npos;
    // "a dog, and a bicycle" ends in a comma before the conjunction.
    if (!phrase.empty()) phrases.emplace_back(phrase);
    if (is_last) return !phrases.empty();
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

std::vector<std::string> split_conjunction(std::string_view text) {
  std::vector<std::string> phrases;
  size_t phrase_begin = 0;
  size_t from = 0;
  while (const auto conjunction = find_conjunction(text, from)) {
    from = conjunction->end;
    const auto before = trim(text.substr(phrase_begin, conjunction->begin - phrase_begin));
    if (before.empty() || is_one_of(last_word(before), kAdjectives)) continue;
    append_enumeration(before, phrases);
    phrase_begin = conjunction->end;
  }
  const auto rest = trim(text.substr(phrase_begin));
  if (phrases.empty() || rest.empty() || phrases.size() >= kMaxPhrases) return {std::string(text)};
  phrases.emplace_back(rest);
  return phrases;
}

}  // namespace sightline
