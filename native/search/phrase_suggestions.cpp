#include "native/search/phrase_suggestions.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "native/bundle/suggestions.h"
#include "native/clip/phrase_text.h"

namespace sightline {
namespace {

constexpr std::array<std::string_view, 16> kSmallWords = {"a",   "an",  "the", "of",   "in",  "on",
                                                          "at",  "by",  "to",  "with", "and", "is",
                                                          "are", "for", "my",  "me"};
constexpr double kSmallWordWeight = 0.02;
// A phrase that says more than was asked for is a little farther.
constexpr double kSurplusCost = 0.25;
// How well a word fits another one that begins with it, and one that differs by a mistyped letter.
constexpr double kPrefixFit = 0.9;
constexpr double kMistypedFit = 0.7;
constexpr size_t kMinMistypedLetters = 4;
constexpr size_t kMaxWords = 32;
constexpr size_t kMaxTextBytes = 1000;

bool is_small(std::string_view word) {
  return std::find(kSmallWords.begin(), kSmallWords.end(), word) != kSmallWords.end();
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty() && words.size() < kMaxWords) {
    const size_t end = std::min(text.find_first_of(" ,"), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// Whether two words differ by one letter dropped, added, exchanged or swapped with its neighbour.
bool differ_by_one(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin());
  const auto same = static_cast<size_t>(in_a - a.begin());
  const std::string_view rest_a = a.substr(same);
  const std::string_view rest_b = b.substr(same);
  if (a.size() < b.size()) return rest_a == rest_b.substr(1);
  if (rest_a.empty() || rest_a.substr(1) == rest_b.substr(1)) return true;
  return rest_a.size() > 1 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0] &&
         rest_a.substr(2) == rest_b.substr(2);
}

// Whether one is the other with a plural's ending.
bool differ_by_ending(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  return b.starts_with(a) && (b.substr(a.size()) == "s" || b.substr(a.size()) == "es");
}

}  // namespace

Result<PhraseSuggestions> PhraseSuggestions::parse(std::span<const uint8_t> payload) {
  PhraseSuggestions suggestions;
  ASSIGN_OR_RETURN(suggestions.phrases_, parse_suggestions(payload));
  std::vector<uint32_t> holders;
  for (const auto& phrase : suggestions.phrases_) {
    std::vector<uint32_t> ids;
    for (const auto& word : split_words(phrase)) ids.push_back(suggestions.word_id(word));
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    holders.resize(suggestions.words_.size());
    for (const uint32_t id : ids) ++holders[id];
    suggestions.phrase_words_.push_back(std::move(ids));
  }
  const double phrase_count = static_cast<double>(suggestions.phrases_.size());
  for (size_t id = 0; id < holders.size(); ++id) {
    suggestions.word_weights_.push_back(is_small(suggestions.words_[id])
                                            ? kSmallWordWeight
                                            : 1 + std::log(phrase_count / holders[id]) / 4);
  }
  return suggestions;
}

uint32_t PhraseSuggestions::word_id(const std::string& word) {
  const auto [entry, is_new] = word_ids_.try_emplace(word, static_cast<uint32_t>(words_.size()));
  if (is_new) words_.push_back(word);
  return entry->second;
}

std::vector<std::string> PhraseSuggestions::complete(std::string_view text, size_t count) const {
  if (text.size() > kMaxTextBytes) return {};
  const std::string typed = normalize_phrase(text);
  const auto typed_words = split_words(typed);
  if (typed_words.empty()) return {};
  const bool is_finished = !text.empty() && text.back() == ' ';
  // For each typed word the words of the bank it can stand for.
  std::vector<std::vector<bool>> allowed;
  for (size_t i = 0; i < typed_words.size(); ++i) {
    const bool may_go_on = i + 1 == typed_words.size() && !is_finished;
    auto& row = allowed.emplace_back(words_.size());
    for (size_t id = 0; id < words_.size(); ++id) {
      row[id] = may_go_on ? words_[id].starts_with(typed_words[i]) : words_[id] == typed_words[i];
    }
  }
  std::vector<std::string> first;
  std::vector<std::string> others;
  for (size_t i = 0; i < phrases_.size() && first.size() < count; ++i) {
    const auto& ids = phrase_words_[i];
    const bool holds_all = std::all_of(allowed.begin(), allowed.end(), [&](const auto& row) {
      return std::any_of(ids.begin(), ids.end(), [&](uint32_t id) { return row[id]; });
    });
    if (!holds_all || phrases_[i] == typed) continue;
    const bool begins_alike = without_article(phrases_[i]).starts_with(without_article(typed));
    auto& list = begins_alike ? first : others;
    if (list.size() < count) list.push_back(phrases_[i]);
  }
  for (size_t i = 0; i < others.size() && first.size() < count; ++i) first.push_back(others[i]);
  return first;
}

std::vector<PhraseSuggestions::WordMatch> PhraseSuggestions::similar_words(
    const std::string& typed) const {
  if (const auto known = word_ids_.find(typed); known != word_ids_.end()) {
    return {{known->second, word_weights_[known->second]}};
  }
  std::vector<WordMatch> matches;
  for (uint32_t id = 0; id < words_.size(); ++id) {
    const std::string& word = words_[id];
    double fit = 0;
    if (differ_by_ending(word, typed)) {
      fit = kPrefixFit;
    } else if (typed.size() >= kMinMistypedLetters && word.size() >= kMinMistypedLetters) {
      if (word.starts_with(typed)) fit = kPrefixFit;
      if (differ_by_one(word, typed)) fit = kMistypedFit;
    }
    if (fit > 0 && !is_small(word)) matches.push_back({id, fit * word_weights_[id]});
  }
  return matches;
}

std::optional<std::string> PhraseSuggestions::nearest(std::string_view text) const {
  if (text.size() > kMaxTextBytes) return {};
  std::vector<std::vector<WordMatch>> wanted;
  for (const auto& word : split_words(normalize_phrase(text))) {
    if (auto matches = similar_words(word); !matches.empty()) wanted.push_back(std::move(matches));
  }
  double best_score = kSmallWordWeight * kMaxWords;
  std::optional<size_t> best;
  for (size_t i = 0; i < phrases_.size(); ++i) {
    const auto& ids = phrase_words_[i];
    double score = 0;
    double surplus = 0;
    for (const uint32_t id : ids) surplus += word_weights_[id];
    for (const auto& matches : wanted) {
      double fit = 0;
      double word_weight = 0;
      for (const auto& match : matches) {
        if (match.weight > fit && std::binary_search(ids.begin(), ids.end(), match.word)) {
          fit = match.weight;
          word_weight = word_weights_[match.word];
        }
      }
      score += fit;
      surplus -= word_weight;
    }
    score -= kSurplusCost * std::max(0.0, surplus);
    if (score > best_score) {
      best_score = score;
      best = i;
    }
  }
  if (!best) return {};
  return phrases_[*best];
}

}  // namespace sightline
