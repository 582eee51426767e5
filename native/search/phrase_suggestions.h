#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "native/base/result.h"

namespace sightline {

// Phrases of a bundle's bank by their words: those that complete what is typed, and the nearest one
// to a text that is not in the bank. By words alone; no model is asked.
class PhraseSuggestions {
 public:
  // The suggestions payload of a bundle (FORMAT.md, section 16).
  static Result<PhraseSuggestions> parse(std::span<const uint8_t> payload);

  // At most count phrases that hold every word of the text, the last of which may be unfinished;
  // those that begin like the text first, then in the order of the bank. None for an empty text.
  std::vector<std::string> complete(std::string_view text, size_t count) const;

  // The phrase that shares most of the text's words, where words may differ by an ending or a
  // mistyped letter and a word counts the more the fewer phrases hold it. Nothing where no telling
  // word is shared.
  std::optional<std::string> nearest(std::string_view text) const;

 private:
  struct WordMatch {
    uint32_t word;
    double weight;
  };
  uint32_t word_id(const std::string& word);
  // The words of the bank that a typed one may mean, with how well it fits.
  std::vector<WordMatch> similar_words(const std::string& typed) const;

  std::vector<std::string> phrases_;
  std::vector<std::vector<uint32_t>> phrase_words_;  // [phrases] word ids, ascending
  std::vector<std::string> words_;
  std::vector<double> word_weights_;  // [words] the rarer the heavier; articles and the like near 0
  std::unordered_map<std::string, uint32_t> word_ids_;
};

}  // namespace sightline
