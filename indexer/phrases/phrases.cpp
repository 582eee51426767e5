#include "indexer/phrases/phrases.h"

#include <algorithm>
#include <unordered_set>

#include "indexer/phrases/dice.h"

namespace sightline {
namespace {

// A thing with a colour in front, and an article.
std::string painted(const std::string& colour, const Noun& thing) {
  return Noun{colour + " " + thing.name, thing.plural}.with_article();
}

// A fixed shuffle: the same order with every standard library.
void mix(std::vector<std::string>& phrases) {
  Dice dice(0x9e3779b97f4a7c15);
  for (size_t i = phrases.size(); i > 1; --i) std::swap(phrases[i - 1], phrases[dice.below(i)]);
}

// The i-th, from the beginning again behind the last.
const std::string& nth(const std::vector<std::string>& entries, size_t i) {
  return entries[i % entries.size()];
}

}  // namespace

std::vector<std::string> query_phrases(const PhraseList& list,
                                       const std::vector<std::string>& class_names) {
  std::vector<Noun> things = list.query_things;
  for (const auto& name : class_names) {
    const bool known = std::ranges::find(things, name, &Noun::name) != things.end();
    if (!known) things.push_back(list.noun(name));
  }
  std::vector<std::string> phrases;
  std::unordered_set<std::string> seen;
  const auto add = [&](std::string phrase) {
    if (seen.insert(phrase).second) phrases.push_back(std::move(phrase));
  };
  for (const auto& condition : list.query_conditions) {
    add("a photo taken " + condition);
    for (const auto& place : list.query_places) add("a scene " + place + " " + condition);
  }
  for (size_t i = 0; i < things.size(); ++i) {
    const Noun& thing = things[i];
    const auto& condition = nth(list.query_conditions, i);
    add(thing.with_article());
    if (list.takes_colours(thing.name)) {
      add(painted(nth(list.query_colours, i), thing));
      add(painted(nth(list.query_colours, i + 4), thing) + " " + condition);
    }
    add(thing.with_article() + " " + nth(list.query_places, i));
    add(thing.with_article() + " and " + things[(i + 5) % things.size()].with_article());
    if (!thing.plural.empty()) add("many " + thing.plural + " " + condition);
  }
  mix(phrases);
  return phrases;
}

std::vector<std::string> example_phrases(const PhraseList& list,
                                         const std::vector<std::string>& class_names) {
  if (class_names.empty()) return query_phrases(list, class_names);
  std::vector<std::string> phrases;
  for (const auto& condition : list.query_conditions) {
    phrases.push_back("a scene " + condition);
    for (const auto& name : class_names) {
      phrases.push_back(list.noun(name).with_article() + " " + condition);
    }
  }
  for (const auto& name : class_names) {
    const Noun thing = list.noun(name);
    phrases.push_back(thing.with_article());
    if (!list.takes_colours(name)) continue;
    for (const auto& colour : list.query_colours) phrases.push_back(painted(colour, thing));
  }
  // A large detector has more things than a page has room for; every n-th will do.
  constexpr size_t kEnough = 200;
  const size_t stride = phrases.size() / kEnough + 1;
  std::vector<std::string> sample;
  for (size_t i = 0; i < phrases.size(); i += stride) sample.push_back(phrases[i]);
  return sample;
}

}  // namespace sightline
