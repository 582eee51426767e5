#include "indexer/phrases/nonsense_phrases.h"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

#include "indexer/phrases/dice.h"

namespace sightline {
namespace {

constexpr std::string_view kSubjects[] = {
    "the theory",  "a proof",    "the price",  "the meaning",   "a history", "an opinion",
    "the grammar", "a contract", "the melody", "a translation", "the idea",  "an interest rate"};
constexpr std::string_view kMatters[] = {
    "of justice",       "of prime numbers",  "of old poetry",           "about inflation",
    "of silence",       "about tax returns", "of probability",          "about loneliness",
    "of democracy",     "of logic",          "about software licences", "of forgotten languages",
    "about philosophy", "of chemistry"};

char random_letter(Dice& dice) { return static_cast<char>('a' + dice.below(26)); }

std::string random_letters(Dice& dice) {
  std::string text;
  const size_t word_count = 1 + dice.below(4);
  for (size_t word = 0; word < word_count; ++word) {
    if (word > 0) text += ' ';
    const size_t length = 3 + dice.below(8);
    for (size_t i = 0; i < length; ++i) text += random_letter(dice);
  }
  return text;
}

std::string with_shuffled_letters(const std::string& phrase, Dice& dice) {
  std::istringstream words(phrase);
  std::string text;
  for (std::string word; words >> word;) {
    for (size_t i = word.size(); i > 1; --i) std::swap(word[i - 1], word[dice.below(i)]);
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

}  // namespace

std::vector<std::string> nonsense_phrases(const std::vector<std::string>& real_phrases,
                                          size_t count) {
  Dice dice(0x5eed0f0015e45e);
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) texts.push_back(random_letters(dice));
  for (size_t i = 0; i < count && !real_phrases.empty(); ++i) {
    texts.push_back(with_shuffled_letters(real_phrases[i % real_phrases.size()], dice));
  }
  for (size_t i = 0; i < count; ++i) {
    texts.push_back(std::string(kSubjects[i % std::size(kSubjects)]) + " " +
                    std::string(kMatters[dice.below(std::size(kMatters))]));
  }
  return texts;
}

std::vector<std::string> mistyped_phrases(const std::vector<std::string>& phrases) {
  constexpr size_t kLongWord = 5;
  Dice dice(0x7197e);
  std::vector<std::string> mistyped;
  for (const auto& phrase : phrases) {
    const size_t space = phrase.rfind(' ');
    if (std::count(phrase.begin(), phrase.end(), ' ') < 3) continue;
    if (phrase.size() - space - 1 < kLongWord) continue;
    std::string text = phrase;
    const size_t place = space + 2 + dice.below(phrase.size() - space - 3);
    if (dice.below(2) == 0) {
      text.erase(place, 1);
    } else {
      text[place] = random_letter(dice);
    }
    mistyped.push_back(std::move(text));
  }
  return mistyped;
}

}  // namespace sightline
