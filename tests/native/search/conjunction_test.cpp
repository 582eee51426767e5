#include "native/search/conjunction.h"

#include <catch2/catch.hpp>

using sightline::split_conjunction;

TEST_CASE("a query for several things is split into its phrases", "[conjunction]") {
  using Phrases = std::vector<std::string>;
  CHECK(split_conjunction("a dog and a bicycle") == Phrases{"a dog", "a bicycle"});
  CHECK(split_conjunction("A dog AND a red van at night") ==
        Phrases{"A dog", "a red van at night"});
  CHECK(split_conjunction("a dog, a bicycle, and a cone") ==
        Phrases{"a dog", "a bicycle", "a cone"});
  CHECK(split_conjunction("dogs & cats") == Phrases{"dogs", "cats"});
}

TEST_CASE("a query for one thing stays as it is", "[conjunction]") {
  for (const std::string text :
       {"", " ", "a dog", "a dog, running", "a black and white dog", "sand and", "and sand",
        "a brandy glass", "red and blue", "and", "old and new"}) {
    CHECK(split_conjunction(text) == std::vector<std::string>{text});
  }
}

TEST_CASE("a text of a thousand conjunctions is not split", "[conjunction]") {
  std::string text = "a";
  for (int i = 0; i < 1000; ++i) text += " and a" + std::to_string(i);
  CHECK(split_conjunction(text).size() == 1);
}
