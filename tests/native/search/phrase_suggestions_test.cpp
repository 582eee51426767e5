#include "native/search/phrase_suggestions.h"

#include <catch2/catch.hpp>

#include "native/bundle/suggestions.h"

using namespace sightline;

namespace {

using Texts = std::vector<std::string>;

PhraseSuggestions suggestions() {
  const Texts phrases = {"a bus",        "buses",         "a red bus",      "a blue bus",
                         "a dog",        "a red bicycle", "a bus at night", "a dog in the rain",
                         "rainy street", "night"};
  return PhraseSuggestions::parse(write_suggestions(phrases)).value();
}

}  // namespace

TEST_CASE("what is typed is completed by phrases that hold every word of it", "[search][phrases]") {
  const auto known = suggestions();
  CHECK(known.complete("bu", 8) ==
        Texts{"a bus", "buses", "a bus at night", "a red bus", "a blue bus"});
  CHECK(known.complete("red b", 8) == Texts{"a red bus", "a red bicycle"});
  CHECK(known.complete("Bus night", 8) == Texts{"a bus at night"});
  CHECK(known.complete("bus ", 2) == Texts{"a bus", "a bus at night"});
  CHECK(known.complete("b", 2) == Texts{"a bus", "buses"});
  CHECK(known.complete("", 8).empty());
  CHECK(known.complete("zebra", 8).empty());
  CHECK(known.complete(std::string(2000, 'b'), 8).empty());
}

TEST_CASE("the nearest phrase shares the telling words, mistyped or in another number",
          "[search][phrases]") {
  const auto known = suggestions();
  CHECK(known.nearest("a crimson bus") == "a bus");
  CHECK(known.nearest("two red buses at sea") == "buses");
  CHECK(known.nearest("a red bicyle") == "a red bicycle");
  CHECK(known.nearest("bycicle") == std::nullopt);
  CHECK(known.nearest("some dogs") == "a dog");
  CHECK(known.nearest("a dog out in the rain") == "a dog in the rain");
  CHECK(known.nearest("in the of a") == std::nullopt);
  CHECK(known.nearest("quantum theory") == std::nullopt);
  CHECK(known.nearest("") == std::nullopt);
}

TEST_CASE("no suggestions are no help and no harm", "[search][phrases]") {
  const auto none = PhraseSuggestions::parse(write_suggestions({})).value();
  CHECK(none.complete("bus", 8).empty());
  CHECK(none.nearest("bus") == std::nullopt);
}
