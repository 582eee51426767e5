#include "native/bundle/phrase_bank.h"

#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "native/bundle/object.h"
#include "native/bundle/suggestions.h"

using namespace sightline;

namespace {

constexpr uint32_t kDim = 16;

std::vector<float> unit_vector(uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> vector;
  double squared = 0;
  for (uint32_t i = 0; i < kDim; ++i) {
    vector.push_back(static_cast<float>(random() % 2001) - 1000);
    squared += double{vector.back()} * vector.back();
  }
  for (float& value : vector) value = static_cast<float>(value / std::sqrt(squared));
  return vector;
}

std::vector<PhraseCode> some_phrases(size_t count) {
  std::vector<PhraseCode> entries;
  for (size_t i = 0; i < count; ++i) {
    entries.push_back({100 * (i + 1), encode_phrase(unit_vector(static_cast<uint32_t>(i)))});
  }
  return entries;
}

std::vector<PhrasePage> some_pages(size_t count) {
  std::vector<PhrasePage> pages;
  for (size_t i = 0; i < count; ++i) {
    const std::vector<uint8_t> raw(10, static_cast<uint8_t>(i));
    pages.push_back({1000 * (i + 1), pack_object(ObjectKind::kPhrases, raw).ref});
  }
  return pages;
}

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

}  // namespace

TEST_CASE("an embedding of eight bits a dimension keeps its direction and its length",
          "[bundle][phrases]") {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    const auto vector = unit_vector(seed);
    const auto decoded = decode_phrase(encode_phrase(vector));
    CHECK(dot(vector, decoded) > 0.9998);
    CHECK(dot(decoded, decoded) == Approx(1.0).margin(1e-6));
    CHECK(encode_phrase(decoded) == encode_phrase(vector));
  }
  const std::vector<float> nothing(kDim);
  CHECK(decode_phrase(encode_phrase(nothing)) == nothing);
}

TEST_CASE("a leaf finds the phrases it was written with, and no others", "[bundle][phrases]") {
  const auto entries = some_phrases(40);
  const auto leaf = write_phrase_leaf(entries, kDim);
  CHECK(parse_phrase_leaf(leaf, kDim).value() == entries);
  for (const auto& entry : entries) {
    CHECK(find_phrase(leaf, entry.key, kDim).value() == decode_phrase(entry.code));
    CHECK_FALSE(find_phrase(leaf, entry.key + 1, kDim).value().has_value());
  }
  CHECK(phrases_per_leaf(512) == 31);
  CHECK(write_phrase_leaf(some_phrases(1), kDim).size() == 12 + 8 + kDim);
}

TEST_CASE("a key leads to the last page that begins at it or before", "[bundle][phrases]") {
  const auto pages = some_pages(5);
  const auto directory = write_phrase_directory(pages);
  CHECK(parse_phrase_directory(directory).value() == pages);
  CHECK(find_phrase_page(pages, 999) == nullptr);
  CHECK(find_phrase_page(pages, 1000)->first_key == 1000);
  CHECK(find_phrase_page(pages, 2999)->first_key == 2000);
  CHECK(find_phrase_page(pages, UINT64_MAX)->first_key == 5000);
  CHECK(find_phrase_page({}, 1) == nullptr);
}

TEST_CASE("the section of the bank reads back, one of another rule is no bank",
          "[bundle][phrases]") {
  PhraseBankInfo bank{
      7, some_pages(3), {pack_object(ObjectKind::kSuggestions, {}).ref}, some_pages(2)};
  auto bytes = write_phrase_bank(bank);
  ByteReader reader(bytes);
  CHECK(read_phrase_bank(reader).value() == bank);
  // As it was written before there were answers.
  const size_t without_answers = bytes.size() - (4 + 2 * (8 + kObjectRefBytes));
  const std::span<const uint8_t> shorter = std::span(bytes).first(without_answers);
  ByteReader earlier(shorter);
  bank.answers.clear();
  CHECK(read_phrase_bank(earlier).value() == bank);
  bytes[0] = 2;
  ByteReader later(bytes);
  CHECK(read_phrase_bank(later).value() == PhraseBankInfo{});
}

TEST_CASE("a page of first answers reads back; cut, swapped and lengthened ones are refused",
          "[bundle][phrases][corrupt]") {
  const std::vector<PhraseAnswer> answers = {{5, {3, 1, 70000}}, {9, {}}, {UINT64_MAX, {0}}};
  const auto page = write_phrase_answers(answers);
  CHECK(parse_phrase_answers(page).value() == answers);
  CHECK(parse_phrase_answers(write_phrase_answers({})).value().empty());
  for (size_t size = 0; size < page.size(); ++size) {
    CHECK_FALSE(parse_phrase_answers(std::span(page).first(size)));
  }
  auto longer = page;
  longer.push_back(0);
  CHECK(parse_phrase_answers(longer).error().message ==
        "phrase answers: bytes follow the last one");
  auto swapped = page;
  std::swap_ranges(swapped.begin() + 8, swapped.begin() + 16, swapped.begin() + 16);
  CHECK(parse_phrase_answers(swapped).error().message ==
        "phrase answers: the keys do not ascend at phrase 1");
  auto huge = page;
  huge[4] = huge[5] = huge[6] = huge[7] = 0xff;
  CHECK(parse_phrase_answers(huge).error().code == ErrorCode::kCorrupt);
  CHECK_FALSE(parse_phrase_answers(write_phrase_leaf(some_phrases(1), kDim)));
}

TEST_CASE("damaged pages of the bank are refused with what is wrong",
          "[bundle][phrases][corrupt]") {
  const auto leaf = write_phrase_leaf(some_phrases(3), kDim);
  const auto directory = write_phrase_directory(some_pages(3));
  const auto says = [](const auto& result, const std::string& words) {
    REQUIRE_FALSE(result);
    INFO(result.error().message);
    CHECK(result.error().code == ErrorCode::kCorrupt);
    CHECK(result.error().message.find(words) != std::string::npos);
  };
  says(parse_phrase_leaf(leaf, kDim + 1), "16 dimensions, the model has 17");
  says(parse_phrase_leaf(directory, kDim), "page kind 1, expected 0");
  says(parse_phrase_directory(leaf), "page kind 0, expected 1");
  auto swapped = leaf;
  std::swap_ranges(swapped.begin() + 12, swapped.begin() + 20, swapped.begin() + 20);
  says(parse_phrase_leaf(swapped, kDim), "do not ascend at phrase 1");
  auto huge = leaf;
  huge[8] = huge[9] = huge[10] = huge[11] = 0xff;
  says(parse_phrase_leaf(huge, kDim), "4294967295 phrases");
  auto longer = directory;
  longer.push_back(0);
  says(parse_phrase_directory(longer), "bytes follow the last page");
  auto other_kind = directory;
  other_kind[16] = static_cast<uint8_t>(ObjectKind::kModel);
  says(parse_phrase_directory(other_kind), "kind 10, expected 16 (phrases)");
  for (size_t size = 0; size < leaf.size(); ++size) {
    CHECK_FALSE(parse_phrase_leaf(std::span(leaf).first(size), kDim));
  }
  for (size_t size = 0; size < directory.size(); ++size) {
    CHECK_FALSE(parse_phrase_directory(std::span(directory).first(size)));
  }
}

TEST_CASE("suggestions read back, cut ones are refused", "[bundle][phrases][corrupt]") {
  const std::vector<std::string> phrases = {"a red bus", "", "night"};
  const auto payload = write_suggestions(phrases);
  CHECK(parse_suggestions(payload).value() == phrases);
  for (size_t size = 0; size < payload.size(); ++size) {
    CHECK_FALSE(parse_suggestions(std::span(payload).first(size)));
  }
  auto many = payload;
  many[3] = 0xff;
  CHECK_FALSE(parse_suggestions(many));
}
