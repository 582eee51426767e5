#include "native/clip/tokenizer.h"

#include <random>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/native/clip/vocabulary_files.h"
#include "tests/native/fixture.h"

namespace sightline {
namespace {

using Ids = std::vector<uint32_t>;

std::string text_of(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

Tokenizer small_tokenizer(uint32_t context_length = 77) {
  const std::string merges = text_of(read_fixture("clip/small_merges.txt"));
  return Tokenizer::create(vocabulary_of_merges(merges), merges, context_length).value();
}

struct TokenCase {
  std::string escaped, text;
  Ids clip_ids, small_ids;  // small_ids is empty where none were recorded
};

std::string unescape(const std::string& escaped) {
  std::string text;
  for (size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '\\') {
      text += escaped[i];
    } else if (escaped[++i] == 'x') {
      text += static_cast<char>(std::stoi(escaped.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      text += escaped[i];
    }
  }
  return text;
}

Ids parse_ids(const std::string& column) {
  std::istringstream stream(column);
  Ids ids;
  for (uint32_t id; stream >> id;) ids.push_back(id);
  return ids;
}

std::vector<TokenCase> token_cases() {
  std::istringstream file(text_of(read_fixture("clip/token_cases.tsv")));
  std::vector<TokenCase> cases;
  for (std::string line; std::getline(file, line);) {
    std::istringstream columns(line);
    TokenCase c;
    std::string clip_ids, small_ids;
    std::getline(columns, c.escaped, '\t');
    std::getline(columns, clip_ids, '\t');
    std::getline(columns, small_ids, '\t');
    c.text = unescape(c.escaped);
    c.clip_ids = parse_ids(clip_ids);
    c.small_ids = parse_ids(small_ids);
    cases.push_back(std::move(c));
  }
  return cases;
}

}  // namespace

TEST_CASE("with CLIP's vocabulary the ids are those of Hugging Face's CLIPTokenizerFast") {
  const std::string vocabulary_path = shared_asset("tokenizer/vocab.json");
  if (!file_exists(vocabulary_path)) {
    WARN("SKIPPED: CLIP's vocabulary is not at " << vocabulary_path);
    return;
  }
  const auto created = Tokenizer::create(parse_vocabulary_json(text_of(read_file(vocabulary_path))),
                                         text_of(read_file(shared_asset("tokenizer/merges.txt"))));
  REQUIRE(created);
  const auto reread = Tokenizer::parse(created->serialize());
  REQUIRE(reread);
  CHECK(reread->token_count() == 49408);
  const auto cases = token_cases();
  REQUIRE(cases.size() >= 1000);
  for (const TokenCase& c : cases) {
    INFO(c.escaped);
    CHECK(*created->encode(c.text) == c.clip_ids);
    CHECK(*reread->encode(c.text) == c.clip_ids);
  }
}

TEST_CASE("with a small vocabulary the ids are those of Hugging Face's CLIPTokenizerFast") {
  const Tokenizer tokenizer = small_tokenizer();
  size_t compared_count = 0;
  for (const TokenCase& c : token_cases()) {
    if (c.small_ids.empty()) continue;
    INFO(c.escaped);
    CHECK(*tokenizer.encode(c.text) == c.small_ids);
    ++compared_count;
  }
  CHECK(compared_count >= 300);
}

TEST_CASE("a text has at most the context length in ids and keeps its start and end tokens") {
  const Tokenizer tokenizer = small_tokenizer();
  std::string text;
  for (int i = 0; i < 200; ++i) text += "the ";
  const Ids ids = *tokenizer.encode(text);
  CHECK(ids.size() == 77);
  CHECK(ids.front() == tokenizer.start_id());
  CHECK(ids.back() == tokenizer.end_id());
  CHECK(*tokenizer.encode("") == Ids{tokenizer.start_id(), tokenizer.end_id()});
  CHECK(small_tokenizer(2).encode("the road")->size() == 2);
  CHECK(small_tokenizer(8).encode(text)->size() == 8);
}

TEST_CASE("a text of a mebibyte is tokenised and a longer one is refused") {
  const Tokenizer tokenizer = small_tokenizer();
  const std::string spaces(Tokenizer::kMaxTextBytes - 3, ' ');
  CHECK(*tokenizer.encode(spaces + "the") == *tokenizer.encode("the"));
  const std::string word(Tokenizer::kMaxTextBytes, 'a');
  CHECK(tokenizer.encode(word)->size() == 77);
  const auto refused = tokenizer.encode(word + "a");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kTooLarge);
  CHECK(refused.error().message ==
        "the text has 1048577 bytes, at most 1048576 are tokenised; shorten it");
}

TEST_CASE("a tokenizer read back from its bytes gives the same ids and the same bytes") {
  const Tokenizer tokenizer = small_tokenizer(40);
  const auto bytes = tokenizer.serialize();
  const auto reread = Tokenizer::parse(bytes);
  REQUIRE(reread);
  CHECK(reread->context_length() == 40);
  CHECK(reread->serialize() == bytes);
  for (const TokenCase& c : token_cases()) {
    REQUIRE(*reread->encode(c.text) == *tokenizer.encode(c.text));
  }
}

TEST_CASE("vocabulary files that do not belong together are refused by name") {
  auto vocabulary = vocabulary_of_merges("t h\n");
  CHECK(Tokenizer::create(vocabulary, "#version: 0.2\r\nt h\r\n\n"));
  const auto message = [](const VocabularyEntries& entries, std::string_view merges) {
    const auto created = Tokenizer::create(entries, merges);
    REQUIRE_FALSE(created);
    CHECK(created.error().code == ErrorCode::kModel);
    return created.error().message;
  };
  CHECK(message(vocabulary, "t h\nt he") ==
        "vocab.json has no token \"he\", used by line 2 of merges.txt; "
        "take vocab.json and merges.txt from the same CLIP model");
  CHECK(message(vocabulary, "t h\nh t").find("\"ht\", made by line 2") != std::string::npos);
  for (const char* line : {"th", "t  h", "t h e", " t", "t "}) {
    CHECK(message(vocabulary, line).find("expected two tokens") != std::string::npos);
  }
  vocabulary.pop_back();
  CHECK(message(vocabulary, "t h").find("<|endoftext|>") != std::string::npos);
  CHECK(message({}, "").find("<|startoftext|>") != std::string::npos);
}

TEST_CASE("tokenizer bytes that are cut, too long or newer are refused by name") {
  const auto bytes = small_tokenizer().serialize();
  for (size_t size = 0; size < bytes.size(); size += 13) {
    CHECK_FALSE(Tokenizer::parse(std::span(bytes).first(size)));
  }
  auto longer = bytes;
  longer.push_back(0);
  CHECK(Tokenizer::parse(longer).error().code == ErrorCode::kCorrupt);
  auto newer = bytes;
  newer[0] = 2;
  CHECK(Tokenizer::parse(newer).error().code == ErrorCode::kUnsupported);
  CHECK(Tokenizer::parse(newer).error().message ==
        "the tokenizer has layout 2, this build reads layout 1");
  auto many_merges = bytes;
  many_merges[23] = 0xff;
  CHECK(Tokenizer::parse(many_merges).error().code == ErrorCode::kCorrupt);
}

TEST_CASE("damaged tokenizer bytes are refused or give ids below the token count") {
  const auto bytes = small_tokenizer().serialize();
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    auto damaged = bytes;
    for (int flips = 1 + i % 3; flips > 0; --flips) {
      damaged[random() % damaged.size()] ^= static_cast<uint8_t>(1u << random() % 8);
    }
    const auto parsed = Tokenizer::parse(damaged);
    if (!parsed) continue;
    const Ids ids = *parsed->encode("The person's red car, crossing the road at 7");
    REQUIRE(ids.size() <= parsed->context_length());
    for (const uint32_t id : ids) REQUIRE(id < parsed->token_count());
  }
}

}  // namespace sightline
