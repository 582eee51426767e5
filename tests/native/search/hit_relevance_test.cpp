#include "native/search/hit_relevance.h"

#include <limits>

#include <catch2/catch.hpp>

#include "native/search/phrase_lookup.h"
#include "tests/native/search/small_bundle.h"

using namespace sightline;
using namespace sightline::testing;

namespace {

RelevanceInfo some_relevance() {
  RelevanceInfo relevance;
  relevance.bias = -6;
  relevance.similarity_weight = 4;
  relevance.familiarity_weight = 10;
  relevance.cut_off = 0.5;
  relevance.unrelated_similarity = 0.1;
  relevance.strong_similarity = 0.5;
  return relevance;
}

std::vector<Hit> hits_of(std::initializer_list<double> similarities) {
  std::vector<Hit> hits;
  for (const double similarity : similarities) hits.push_back({0, similarity, {}});
  return hits;
}

}  // namespace

TEST_CASE("relevance falls with similarity, and an unfamiliar text finds nothing", "[search]") {
  const auto relevance = some_relevance();
  const auto hits = hits_of({0.5, 0.3, 0.1, 0.0});
  const auto known = judge_hits(relevance, hits, 1.0);
  CHECK(known.found);
  CHECK(known.relevances[0] == Approx(0.9975).margin(1e-4));
  CHECK(known.relevances[1] == Approx(0.4988).margin(1e-4));
  CHECK(known.relevances[2] == 0.0);
  CHECK(known.relevances[3] == 0.0);
  const auto unknown = judge_hits(relevance, hits, 0.1);
  CHECK_FALSE(unknown.found);
  CHECK(unknown.relevances[0] < 0.1);
  CHECK(judge_hits(relevance, {}, 0.0).found);
  CHECK(judge_hits({}, hits, 0.0).found);
  CHECK(judge_hits({}, hits, 0.0).relevances.empty());
}

TEST_CASE("the calibration reads back from a root, and a bad one is refused", "[search][corrupt]") {
  const auto bytes = write_relevance(some_relevance());
  ByteReader reader(bytes);
  CHECK(read_relevance(reader).value() == some_relevance());
  const auto refused = [](auto&& change) {
    auto relevance = some_relevance();
    change(relevance);
    const auto changed = write_relevance(relevance);
    ByteReader changed_reader(changed);
    return !read_relevance(changed_reader);
  };
  CHECK(refused([](auto& r) { r.bias = std::numeric_limits<double>::quiet_NaN(); }));
  CHECK(refused([](auto& r) { r.similarity_weight = -1; }));
  CHECK(refused([](auto& r) { r.familiarity_weight = -1; }));
  CHECK(refused([](auto& r) { r.cut_off = 1.5; }));
  CHECK(refused([](auto& r) { r.strong_similarity = r.unrelated_similarity; }));
  for (size_t size = 0; size < bytes.size(); ++size) {
    ByteReader cut({bytes.data(), size});
    CHECK_FALSE(read_relevance(cut));
  }
}

TEST_CASE("a phrase is found in two steps from the root, and damaged pages are refused by name",
          "[search][phrases][corrupt]") {
  constexpr uint32_t kDim = 8;
  SmallBundleWriter writer;
  std::vector<PhrasePage> leaves;
  PhraseBankInfo bank;
  const std::vector<float> embedding = {1, 0, 0, 0, 0, 0, 0, 0};
  const PhraseCode entry{phrase_key("a red bus"), encode_phrase(embedding)};
  const auto leaf_ref = writer.add(ObjectKind::kPhrases, write_phrase_leaf({&entry, 1}, kDim));
  const PhrasePage leaf{entry.key, leaf_ref};
  const auto directory_ref = writer.add(ObjectKind::kPhrases, write_phrase_directory({&leaf, 1}));
  bank.directories = {{entry.key, directory_ref}};

  const auto directory = find_phrase_directory(bank, " A red bus.");
  REQUIRE(directory == directory_ref);
  const auto& stored_directory = writer.bundle.stored(directory_ref);
  const auto& stored_leaf = writer.bundle.stored(leaf_ref);
  CHECK(find_phrase_leaf(directory_ref, stored_directory, "a red bus").value() == leaf_ref);
  CHECK(find_phrase_embedding(leaf_ref, stored_leaf, "A red bus", kDim).value() == embedding);
  CHECK_FALSE(find_phrase_embedding(leaf_ref, stored_leaf, "a red van", kDim).value().has_value());
  CHECK_FALSE(find_phrase_directory({}, "a red bus").has_value());
  CHECK_FALSE(find_phrase_directory(bank, std::string(1 << 20, 'a')).has_value());

  const auto names = [](const auto& result, const ObjectRef& ref) {
    REQUIRE_FALSE(result);
    INFO(result.error().message);
    CHECK(result.error().message.find(object_name(ref)) != std::string::npos);
  };
  for (size_t place = 0; place < stored_leaf.size(); ++place) {
    auto damaged = stored_leaf;
    damaged[place] ^= 0x10;
    names(find_phrase_embedding(leaf_ref, damaged, "a red bus", kDim), leaf_ref);
  }
  for (size_t place = 0; place < stored_directory.size(); ++place) {
    auto damaged = stored_directory;
    damaged[place] ^= 0x10;
    names(find_phrase_leaf(directory_ref, damaged, "a red bus"), directory_ref);
  }
  // With a hash that fits, yet another page or another model's.
  names(find_phrase_embedding(directory_ref, stored_directory, "a red bus", kDim), directory_ref);
  names(find_phrase_leaf(leaf_ref, stored_leaf, "a red bus"), leaf_ref);
  names(find_phrase_embedding(leaf_ref, stored_leaf, "a red bus", kDim + 1), leaf_ref);
}

TEST_CASE("the first answer of a phrase is found the same way", "[search][phrases][corrupt]") {
  SmallBundleWriter writer;
  const std::vector<PhraseAnswer> answers = {{phrase_key("a red bus"), {7, 2}}};
  const auto page_ref = writer.add(ObjectKind::kPhrases, write_phrase_answers(answers));
  const PhrasePage page{answers[0].key, page_ref};
  const auto directory_ref = writer.add(ObjectKind::kPhrases, write_phrase_directory({&page, 1}));
  PhraseBankInfo bank;
  CHECK_FALSE(find_answer_directory(bank, "a red bus").has_value());
  bank.answers = {{page.first_key, directory_ref}};
  REQUIRE(find_answer_directory(bank, " A red bus.") == directory_ref);
  const auto& stored_directory = writer.bundle.stored(directory_ref);
  CHECK(find_phrase_leaf(directory_ref, stored_directory, "a red bus").value() == page_ref);
  const auto& stored = writer.bundle.stored(page_ref);
  CHECK(find_phrase_answer(page_ref, stored, "A red bus").value() == answers[0].images);
  CHECK_FALSE(find_phrase_answer(page_ref, stored, "a red van").value().has_value());
  for (size_t place = 0; place < stored.size(); ++place) {
    auto damaged = stored;
    damaged[place] ^= 0x10;
    CHECK_FALSE(find_phrase_answer(page_ref, damaged, "a red bus"));
  }
}
