#include "indexer/phrases/phrase_list.h"

#include <algorithm>
#include <regex>
#include <set>

#include <catch2/catch.hpp>

#include "indexer/base/file_io.h"
#include "indexer/models/coco_class_names.h"
#include "indexer/phrases/bank_phrases.h"
#include "indexer/phrases/phrases.h"

namespace sightline {
namespace {

const std::vector<std::string> kClasses = {"car", "bus", "traffic light"};
const PhraseFilter kAcceptAll = [](const std::string&) { return true; };
constexpr std::string_view kSmallest =
    "things:\ncar\nknife | knives\nwater |\ncolours:\nred\nconditions:\nat night\n"
    "places:\nin a park\n";

std::string digest_of(const std::vector<std::string>& phrases) {
  std::string lines;
  for (const auto& phrase : phrases) lines += phrase + "\n";
  return to_hex(sha256(as_bytes(lines)));
}

bool holds(const std::vector<std::string>& phrases, const std::string& phrase) {
  return std::ranges::find(phrases, phrase) != phrases.end();
}

TEST_CASE("the streets list makes the phrases that the embedded model was calibrated with") {
  const auto list = open_phrase_list("streets");
  REQUIRE(list);
  CHECK(digest_of(query_phrases(*list, kClasses)) ==
        "be86e8006de2b37c47ab4d15b8e8ad7730d14f9c2667d7b08c6db3d9d3168584");
  CHECK(digest_of(example_phrases(*list, kClasses)) ==
        "80ea61f891b22cf204dceeb0ae2e2f586cb269447678afa2222fc913d9dec915");
  CHECK(digest_of(builtin_bank_phrases(*list, kClasses, 200'000, kAcceptAll)) ==
        "69c2d35c5d84119d5e840f1dc1942f39407c17416be2f82515ceb8bb9907ec0e");
  CHECK(digest_of(builtin_bank_phrases(*list, {}, 200'000, kAcceptAll)) ==
        "e9d285497a3ab14554b8baae0284a4c3e73561a682ffac9f6be5275cde258cfd");
}

TEST_CASE("every list makes phrases enough, none twice, and speaks of no one by a colour") {
  CHECK(phrase_list_names() ==
        std::vector<std::string>{"general", "photos", "satellite", "streets"});
  const std::regex painted(
      ".*\\b(red|blue|green|yellow|white|black|brown|grey|pink|orange|purple|dark|golden|silver) "
      "(person|people|man|men|woman|women|child|children|boy|girl|baby|family|crowd|couple|face|"
      "hand)"
      "s?\\b.*");
  const std::vector<std::string> coco(std::begin(kCocoClassNames), std::end(kCocoClassNames));
  for (const char* name : {"general", "photos", "satellite"}) {
    INFO(name);
    const auto list = open_phrase_list(name);
    REQUIRE(list);
    CHECK(query_phrases(*list, {}).size() >= 400);
    for (const auto& phrases : {query_phrases(*list, coco), example_phrases(*list, coco),
                                builtin_bank_phrases(*list, {}, 20'000, kAcceptAll),
                                builtin_bank_phrases(*list, coco, 20'000, kAcceptAll)}) {
      CHECK(std::set(phrases.begin(), phrases.end()).size() == phrases.size());
      const auto wrong = std::ranges::find_if(
          phrases, [&](const auto& phrase) { return std::regex_match(phrase, painted); });
      CHECK((wrong == phrases.end() ? "" : *wrong) == "");
    }
    CHECK(builtin_bank_phrases(*list, {}, 20'000, kAcceptAll).size() == 20'000);
  }
}

TEST_CASE("a satellite mosaic is not asked for street scenes") {
  const auto phrases = builtin_bank_phrases(*open_phrase_list("satellite"), {}, 20'000, kAcceptAll);
  for (const char* word : {"bus", "traffic light", "pedestrian", "at night", "in the rain"}) {
    INFO(word);
    CHECK(std::ranges::none_of(phrases, [&](const auto& phrase) {
      return (" " + phrase + " ").find(std::string(" ") + word + " ") != std::string::npos;
    }));
  }
  CHECK(holds(phrases, "a wheat field"));
}

TEST_CASE("nouns have their article and plural by the rules, or as the list says") {
  const auto list = parse_phrase_list("my.txt", kSmallest);
  REQUIRE(list);
  const auto phrases = builtin_bank_phrases(*list, {"bench", "ferry"}, 1000, kAcceptAll);
  for (const char* phrase : {"benches", "ferries", "knives", "a red knife", "water in a park"}) {
    INFO(phrase);
    CHECK(holds(phrases, phrase));
  }
  for (const char* phrase : {"knifes", "a water", "waters"}) CHECK_FALSE(holds(phrases, phrase));
  CHECK(query_phrases(*list, {}).size() > 10);
}

TEST_CASE("what is wrong in a list is told with file and line") {
  const auto message = [](const std::string& text) {
    return parse_phrase_list("my.txt", text).error().message;
  };
  CHECK(message("# mine\nthing:\n").starts_with("my.txt, line 2: there is no section 'thing'"));
  CHECK(message("car\n").starts_with("my.txt, line 1: an entry before the first section"));
  CHECK(message("things:\ncar\nCar\n") == "my.txt, line 3: 'car' is in this section already");
  CHECK(message("things:\n| cars\n") == "my.txt, line 2: an entry without a word");
  CHECK(
      message("things:\n" + std::string(201, 'x')).starts_with("my.txt, line 2: an entry of 201"));
  CHECK(message("things:\ncar\n") == "my.txt: there is no entry in section 'places:'");
  CHECK(open_phrase_list("street").error().message ==
        "there is no phrase list 'street'; give one of general, photos, satellite, streets, or a "
        "file");
}

TEST_CASE("the bytes of a list tell it from another") {
  const auto one = parse_phrase_list("my.txt", kSmallest);
  const auto other = parse_phrase_list("my.txt", std::string(kSmallest) + "# \n");
  CHECK(one->digest != other->digest);
}

}  // namespace
}  // namespace sightline
