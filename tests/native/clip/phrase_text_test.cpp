#include "native/clip/phrase_text.h"

#include <catch2/catch.hpp>

#include "native/clip/familiarity.h"
#include "tests/native/clip/vocabulary_files.h"

using namespace sightline;

TEST_CASE("texts that differ in case, spaces or a final full stop are one phrase", "[clip]") {
  for (const char* text : {"a red bus", " A  Red\tBUS ", "a red bus.", "a red bus .",
                           "\xe3\x80\x80"
                           "a red\xc2\xa0"
                           "bus. "}) {
    CHECK(normalize_phrase(text) == "a red bus");
  }
  CHECK(normalize_phrase("Cafe\xcc\x81") == "caf\xc3\xa9");
  CHECK(normalize_phrase("") == "");
  CHECK(normalize_phrase(" . ") == "");
  CHECK(normalize_phrase("wait..") == "wait.");
}

TEST_CASE("a text is familiar as far as its words are whole in the vocabulary", "[clip]") {
  const std::string merges = "#version: 0.2\nr e\nre d</w>\nb u\nbu s</w>\n";
  const auto tokenizer = Tokenizer::create(vocabulary_of_merges(merges), merges).value();
  CHECK(text_familiarity(tokenizer, "red bus") == 1.0);
  CHECK(text_familiarity(tokenizer, "A RED bus,") == 1.0);
  CHECK(text_familiarity(tokenizer, "red bux") == 0.5);
  CHECK(text_familiarity(tokenizer, "zrqx") == 0.0);
  CHECK(text_familiarity(tokenizer, "bus 266") == 0.5);
  CHECK(text_familiarity(tokenizer, "1234") == 0.0);
  CHECK(text_familiarity(tokenizer, "!?!?") == 0.0);
  CHECK(text_familiarity(tokenizer, "") == 0.0);
}
