#include "native/clip/split_pattern.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace sightline {
namespace {

std::vector<std::u32string> words_of(std::u32string_view text) {
  std::vector<std::u32string> words;
  for (auto word = next_word(text); !word.empty(); word = next_word(text)) words.emplace_back(word);
  return words;
}

using Words = std::vector<std::u32string>;

}  // namespace

TEST_CASE("letters go in runs, digits one by one, punctuation in runs") {
  CHECK(words_of(U"cat42 dogs!!?") == Words{U"cat", U"4", U"2", U"dogs", U"!!?"});
  CHECK(words_of(U"  ").empty());
  CHECK(words_of(U"").empty());
}

TEST_CASE("a contraction is a word of its own, unless punctuation before it took its apostrophe") {
  CHECK(words_of(U"don't") == Words{U"don", U"'t"});
  CHECK(words_of(U"they'll've") == Words{U"they", U"'ll", U"'ve"});
  CHECK(words_of(U"'sa") == Words{U"'s", U"a"});
  CHECK(words_of(U"!'s") == Words{U"!'", U"s"});
  CHECK(words_of(U"'xs") == Words{U"'", U"xs"});
}

TEST_CASE("a combining mark without a composed form parts a word") {
  CHECK(words_of(U"q\u0307x") == Words{U"q", U"\u0307", U"x"});
}

}  // namespace sightline
