#include "indexer/phrases/bank_phrases.h"

#include <algorithm>
#include <cctype>
#include <span>
#include <string_view>
#include <unordered_set>

#include "native/clip/phrase_text.h"

namespace sightline {
namespace {

using Words = std::span<const std::string>;

std::string joined(std::string_view a, std::string_view b) {
  return std::string(a) + " " + std::string(b);
}

// Collects phrases, the likelier first, until there are enough.
class PhraseMaker {
 public:
  PhraseMaker(const PhraseList& list, const std::vector<std::string>& class_names, size_t count,
              const PhraseFilter& accept)
      : list_(list), count_(count), accept_(accept) {
    for (const auto& name : class_names) add_thing(list.noun(normalize_phrase(name)));
    class_count_ = things_.size();
    for (const auto& thing : list.things) add_thing(thing);
  }

  std::vector<std::string> make() {
    single_things();
    scenes();
    things_with(list_.conditions);
    things_with(list_.places);
    things_with(list_.activities);
    painted_things_with(list_.conditions);
    pairs();
    painted_things_with(list_.places);
    painted_things_with(list_.activities);
    in_templates();
    things_in_detail();
    in_templates();
    return std::move(phrases_);
  }

 private:
  bool full() const { return phrases_.size() >= count_; }

  void add(const std::string& text) {
    if (full()) return;
    std::string phrase = normalize_phrase(text);
    if (phrase.empty() || !seen_.insert(phrase).second || !accept_(phrase)) return;
    phrases_.push_back(std::move(phrase));
  }

  void add_thing(const Noun& thing) {
    const bool known = std::ranges::find(things_, thing.name, &Noun::name) != things_.end();
    if (!thing.name.empty() && !known && accept_(thing.name)) things_.push_back(thing);
  }

  // With and without the article.
  void add_noun(const Noun& noun, std::string_view rest) {
    add(joined(noun.with_article(), rest));
    add(joined(noun.name, rest));
  }
  void add_plural(const Noun& noun, std::string_view rest) {
    if (!noun.plural.empty()) add(joined(noun.plural, rest));
  }

  // The thing in each colour that it takes.
  std::vector<Noun> painted(const Noun& thing) const {
    std::vector<Noun> nouns;
    if (!list_.takes_colours(thing.name)) return nouns;
    for (const auto& colour : list_.colours) {
      nouns.push_back(
          {joined(colour, thing.name), thing.plural.empty() ? "" : joined(colour, thing.plural)});
    }
    return nouns;
  }

  void single_things() {
    for (const auto& thing : things_) {
      add_noun(thing, "");
      add_plural(thing, "");
    }
    for (const auto& word : list_.words) add(word);
    for (const auto& thing : things_) {
      for (const auto& noun : painted(thing)) {
        add_noun(noun, "");
        add_plural(noun, "");
      }
    }
  }

  void scenes() {
    for (const auto& name : list_.scenes) {
      const Noun scene{name, name};
      for (const auto& adjective : list_.adjectives) {
        add_noun({joined(adjective, name), name}, "");
      }
      for (const auto& condition : list_.conditions) add_noun(scene, condition);
      for (const auto& place : list_.places) add_noun(scene, place);
    }
    for (const auto& condition : list_.conditions) {
      add(condition);
      for (const auto& place : list_.places) add(joined(place, condition));
    }
    for (const auto& place : list_.places) add(place);
  }

  void things_with(Words rests) {
    for (const auto& rest : rests) {
      for (const auto& thing : things_) {
        add_noun(thing, rest);
        add_plural(thing, rest);
      }
    }
  }

  void painted_things_with(Words rests) {
    for (const auto& rest : rests) {
      for (const auto& thing : things_) {
        for (const auto& noun : painted(thing)) add_noun(noun, rest);
        if (full()) return;
      }
    }
  }

  // Of the collection's own classes: a search for two things joined by "and" is two phrases.
  void pairs() {
    for (const auto& relation : list_.relations) {
      for (size_t i = 0; i < class_count_; ++i) {
        for (size_t j = 0; j < class_count_; ++j) {
          if (i == j) continue;
          add(joined(joined(things_[i].with_article(), relation), things_[j].with_article()));
        }
        if (full()) return;
      }
    }
  }

  void in_templates() {
    const size_t plain_count = phrases_.size();
    for (const auto& words : list_.templates) {
      for (size_t i = 0; i < plain_count && !full(); ++i) add(joined(words, phrases_[i]));
    }
  }

  void things_in_detail() {
    for (const auto& condition : list_.conditions) {
      for (const auto& place : list_.places) {
        const std::string rest = joined(place, condition);
        things_with({&rest, 1});
        painted_things_with({&rest, 1});
        if (full()) return;
      }
    }
  }

  const PhraseList& list_;
  const size_t count_;
  const PhraseFilter& accept_;
  size_t class_count_ = 0;
  std::vector<Noun> things_;
  std::vector<std::string> phrases_;
  std::unordered_set<std::string> seen_;
};

bool is_letter(char character) {
  return std::isalpha(static_cast<unsigned char>(character)) != 0 ||
         static_cast<uint8_t>(character) >= 0x80;
}

}  // namespace

std::vector<std::string> builtin_bank_phrases(const PhraseList& list,
                                              const std::vector<std::string>& class_names,
                                              size_t count, const PhraseFilter& accept) {
  return PhraseMaker(list, class_names, count, accept).make();
}

std::vector<std::string> phrases_of_names(const std::vector<std::string>& names) {
  constexpr size_t kShortestWord = 3;
  std::vector<std::string> phrases;
  for (const auto& name : names) {
    std::string phrase;
    std::string word;
    for (size_t i = 0; i <= name.size(); ++i) {
      if (i < name.size() && is_letter(name[i])) {
        word += name[i];
        continue;
      }
      if (word.size() >= kShortestWord) phrase += (phrase.empty() ? "" : " ") + word;
      word.clear();
    }
    phrase = normalize_phrase(phrase);
    const bool known = std::find(phrases.begin(), phrases.end(), phrase) != phrases.end();
    if (!phrase.empty() && !known) phrases.push_back(std::move(phrase));
  }
  return phrases;
}

}  // namespace sightline
