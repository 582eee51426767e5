#include "indexer/phrases/phrases.h"

#include <algorithm>
#include <string_view>

#include "indexer/phrases/dice.h"

namespace sightline {
namespace {

constexpr std::string_view kThings[] = {
    "car",   "bus",    "truck", "bicycle", "pedestrian", "dog",   "traffic light", "street",
    "house", "bridge", "tree",  "boat",    "cat",        "horse", "table",         "train"};
constexpr std::string_view kColours[] = {"red",   "blue",   "green",  "yellow", "white",
                                         "black", "silver", "orange", "brown"};
constexpr std::string_view kConditions[] = {"at night",   "in the rain", "in the snow",
                                            "in the fog", "at dusk",     "on a sunny day"};
constexpr std::string_view kPlaces[] = {"on a highway", "in a city", "in a park",
                                        "by the sea",   "indoors",   "in a village"};

constexpr bool begins_with_vowel(std::string_view word) {
  return std::string_view("aeiou").find(word.front()) != std::string_view::npos;
}

std::string with_article(std::string_view noun) {
  return (begins_with_vowel(noun) ? "an " : "a ") + std::string(noun);
}

// A fixed shuffle: the same order with every standard library.
void mix(std::vector<std::string>& phrases) {
  Dice dice(0x9e3779b97f4a7c15);
  for (size_t i = phrases.size(); i > 1; --i) std::swap(phrases[i - 1], phrases[dice.below(i)]);
}

}  // namespace

std::vector<std::string> query_phrases(const std::vector<std::string>& class_names) {
  std::vector<std::string> things(std::begin(kThings), std::end(kThings));
  for (const auto& name : class_names) {
    if (std::find(things.begin(), things.end(), name) == things.end()) things.push_back(name);
  }
  std::vector<std::string> phrases;
  for (const auto condition : kConditions) {
    phrases.push_back("a photo taken " + std::string(condition));
    for (const auto place : kPlaces) {
      phrases.push_back("a scene " + std::string(place) + " " + std::string(condition));
    }
  }
  for (size_t i = 0; i < things.size(); ++i) {
    const auto colour = std::string(kColours[i % std::size(kColours)]);
    const auto other_colour = std::string(kColours[(i + 4) % std::size(kColours)]);
    const auto condition = std::string(kConditions[i % std::size(kConditions)]);
    const auto place = std::string(kPlaces[i % std::size(kPlaces)]);
    const auto& other = things[(i + 5) % things.size()];
    phrases.push_back(with_article(things[i]));
    phrases.push_back(with_article(colour) + " " + things[i]);
    phrases.push_back(with_article(other_colour) + " " + things[i] + " " + condition);
    phrases.push_back(with_article(things[i]) + " " + place);
    phrases.push_back(with_article(things[i]) + " and " + with_article(other));
    phrases.push_back("many " + things[i] + "s " + condition);
  }
  mix(phrases);
  return phrases;
}

std::vector<std::string> example_phrases(const std::vector<std::string>& class_names) {
  if (class_names.empty()) return query_phrases(class_names);
  std::vector<std::string> phrases;
  for (const auto condition : kConditions) {
    phrases.push_back("a scene " + std::string(condition));
    for (const auto& name : class_names) {
      phrases.push_back(with_article(name) + " " + std::string(condition));
    }
  }
  for (const auto& name : class_names) {
    phrases.push_back(with_article(name));
    for (const auto colour : kColours) {
      phrases.push_back(with_article(colour) + " " + name);
    }
  }
  // A large detector has more things than a page has room for; every n-th will do.
  constexpr size_t kEnough = 200;
  const size_t stride = phrases.size() / kEnough + 1;
  std::vector<std::string> sample;
  for (size_t i = 0; i < phrases.size(); i += stride) sample.push_back(phrases[i]);
  return sample;
}

}  // namespace sightline
