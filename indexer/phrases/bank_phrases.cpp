#include "indexer/phrases/bank_phrases.h"

#include <algorithm>
#include <cctype>
#include <span>
#include <string_view>
#include <unordered_set>

#include "native/clip/phrase_text.h"

namespace sightline {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::string_view kThings[] = {
    "car",   "bus",   "truck",    "bicycle", "motorcycle", "person",   "man",
    "woman", "child", "dog",      "cat",     "bird",       "horse",    "street",
    "road",  "house", "tree",     "boat",    "train",      "airplane", "bridge",
    "beach", "river", "mountain", "flower",  "food",       "table",    "sign"};
constexpr std::string_view kColours[] = {"red",    "blue",   "green", "yellow", "white",
                                         "black",  "silver", "grey",  "orange", "brown",
                                         "purple", "pink",   "dark"};
constexpr std::string_view kConditions[] = {
    "at night",       "in the rain", "in the snow",    "in the fog",    "at dusk",     "by day",
    "on a sunny day", "in daylight", "in the evening", "at sunset",     "in the dark", "in winter",
    "in rain",        "in snow",     "in fog",         "during the day"};
constexpr std::string_view kPlaces[] = {
    "on the road",   "on the street", "in the city",        "on a highway",   "in a park",
    "in a village",  "in a suburb",   "downtown",           "in a city",      "in a forest",
    "by the sea",    "on a beach",    "in a field",         "on a bridge",    "in a parking lot",
    "in a building", "indoors",       "at an intersection", "in the distance"};
constexpr std::string_view kActivities[] = {
    "driving",    "parked",  "walking", "crossing the street",
    "standing",   "waiting", "running", "moving",
    "turning",    "stopped", "sitting", "on the right",
    "on the left"};
constexpr std::string_view kWeatherWords[] = {
    "night",  "rain", "snow",    "fog",       "dusk",          "day",   "evening",
    "sunset", "mist", "traffic", "clear sky", "clear weather", "storm", "winter"};
constexpr std::string_view kSceneAdjectives[] = {
    "rainy", "snowy", "foggy", "dark", "empty", "busy", "wet", "sunny", "misty", "quiet", "narrow"};
constexpr std::string_view kSceneNouns[] = {"street", "road", "scene", "day", "night", "city"};
constexpr std::string_view kTemplates[] = {"a photo of",  "a picture of", "photo of",
                                           "an image of", "picture of",   "show me"};
constexpr std::string_view kRelations[] = {"next to", "near", "behind", "in front of", "with"};

std::string with_article(const std::string& noun) {
  const bool vowel = std::string_view("aeiou").find(noun.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + noun;
}

std::string plural_of(const std::string& noun) {
  if (noun == "person") return "people";
  if (noun == "man" || noun == "woman") return noun.substr(0, noun.size() - 2) + "en";
  if (noun == "child") return "children";
  if (noun.ends_with('s') || noun.ends_with("ch") || noun.ends_with("sh")) return noun + "es";
  return noun + "s";
}

std::string joined(std::string_view a, std::string_view b) {
  return std::string(a) + " " + std::string(b);
}

// Collects phrases, the likelier first, until there are enough.
class PhraseMaker {
 public:
  PhraseMaker(const std::vector<std::string>& class_names, size_t count, const PhraseFilter& accept)
      : count_(count), accept_(accept) {
    for (const auto& name : class_names) add_thing(name);
    class_count_ = things_.size();
    for (const auto name : kThings) add_thing(std::string(name));
  }

  std::vector<std::string> make() {
    single_things();
    scenes();
    things_with(kConditions);
    things_with(kPlaces);
    things_with(kActivities);
    painted_things_with(kConditions);
    pairs();
    painted_things_with(kPlaces);
    painted_things_with(kActivities);
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

  void add_thing(const std::string& name) {
    const std::string thing = normalize_phrase(name);
    const bool known = std::find(things_.begin(), things_.end(), thing) != things_.end();
    if (!thing.empty() && !known && accept_(thing)) things_.push_back(thing);
  }

  // With and without the article.
  void add_noun(const std::string& noun, std::string_view rest) {
    add(joined(with_article(noun), rest));
    add(joined(noun, rest));
  }

  void single_things() {
    for (const auto& thing : things_) {
      add(with_article(thing));
      add(thing);
      add(plural_of(thing));
    }
    for (const auto word : kWeatherWords) add(std::string(word));
    for (const auto& thing : things_) {
      for (const auto colour : kColours) {
        add(with_article(joined(colour, thing)));
        add(joined(colour, thing));
        add(joined(colour, plural_of(thing)));
      }
    }
  }

  void scenes() {
    for (const auto noun : kSceneNouns) {
      for (const auto adjective : kSceneAdjectives) add_noun(joined(adjective, noun), "");
      for (const auto condition : kConditions) add_noun(std::string(noun), condition);
      for (const auto place : kPlaces) add_noun(std::string(noun), place);
    }
    for (const auto condition : kConditions) {
      add(std::string(condition));
      for (const auto place : kPlaces) add(joined(place, condition));
    }
    for (const auto place : kPlaces) add(std::string(place));
  }

  void things_with(Words rests) {
    for (const auto rest : rests) {
      for (const auto& thing : things_) {
        add_noun(thing, rest);
        add(joined(plural_of(thing), rest));
      }
    }
  }

  void painted_things_with(Words rests) {
    for (const auto rest : rests) {
      for (const auto& thing : things_) {
        for (const auto colour : kColours) add_noun(joined(colour, thing), rest);
        if (full()) return;
      }
    }
  }

  // Of the collection's own classes: a search for two things joined by "and" is two phrases.
  void pairs() {
    for (const auto relation : kRelations) {
      for (size_t i = 0; i < class_count_; ++i) {
        for (size_t j = 0; j < class_count_; ++j) {
          if (i != j) {
            add(joined(joined(with_article(things_[i]), relation), with_article(things_[j])));
          }
        }
        if (full()) return;
      }
    }
  }

  void in_templates() {
    const size_t plain_count = phrases_.size();
    for (const auto words : kTemplates) {
      for (size_t i = 0; i < plain_count && !full(); ++i) add(joined(words, phrases_[i]));
    }
  }

  void things_in_detail() {
    for (const auto condition : kConditions) {
      for (const auto place : kPlaces) {
        const std::string rest = joined(place, condition);
        things_with(std::vector<std::string_view>{rest});
        painted_things_with(std::vector<std::string_view>{rest});
        if (full()) return;
      }
    }
  }

  const size_t count_;
  const PhraseFilter& accept_;
  size_t class_count_ = 0;
  std::vector<std::string> things_;
  std::vector<std::string> phrases_;
  std::unordered_set<std::string> seen_;
};

bool is_letter(char character) {
  return std::isalpha(static_cast<unsigned char>(character)) != 0 ||
         static_cast<uint8_t>(character) >= 0x80;
}

}  // namespace

std::vector<std::string> builtin_bank_phrases(const std::vector<std::string>& class_names,
                                              size_t count, const PhraseFilter& accept) {
  return PhraseMaker(class_names, count, accept).make();
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
