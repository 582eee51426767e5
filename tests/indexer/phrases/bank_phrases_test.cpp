#include "indexer/phrases/bank_phrases.h"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "indexer/assemble/relevance_fit.h"
#include "indexer/phrases/nonsense_phrases.h"
#include "native/clip/phrase_text.h"

using namespace sightline;

namespace {

const std::vector<std::string> kClasses = {"car", "bus", "traffic light"};
const PhraseFilter kAcceptAll = [](const std::string&) { return true; };

PhraseList streets() { return *open_phrase_list("streets"); }

bool holds(const std::vector<std::string>& phrases, const std::string& phrase) {
  return std::find(phrases.begin(), phrases.end(), phrase) != phrases.end();
}

}  // namespace

TEST_CASE("the built-in phrases are normalised, distinct and as many as wanted") {
  const auto phrases = builtin_bank_phrases(streets(), kClasses, 200'000, kAcceptAll);
  CHECK(phrases.size() == 200'000);
  CHECK(std::set(phrases.begin(), phrases.end()).size() == phrases.size());
  CHECK(std::all_of(phrases.begin(), phrases.end(),
                    [](const auto& phrase) { return normalize_phrase(phrase) == phrase; }));
  for (const char* phrase : {"a car", "traffic lights", "a red bus at night", "a photo of a car"}) {
    CHECK(holds(phrases, phrase));
  }
  const auto few = builtin_bank_phrases(streets(), kClasses, 100, kAcceptAll);
  CHECK(few == std::vector(phrases.begin(), phrases.begin() + 100));
}

TEST_CASE("phrases of words that the model does not know are left out") {
  const auto phrases = builtin_bank_phrases(
      streets(), kClasses, 5000,
      [](const std::string& phrase) { return phrase.find("boat") == std::string::npos; });
  CHECK(phrases.size() == 5000);
  CHECK(std::none_of(phrases.begin(), phrases.end(),
                     [](const auto& phrase) { return phrase.find("boat") != std::string::npos; }));
}

TEST_CASE("names of sequences become phrases where they hold words") {
  CHECK(phrases_of_names({"Rainy_Night_02", "2011_09_26", "rainy-night-03", "", "a_b"}) ==
        std::vector<std::string>{"rainy night"});
}

TEST_CASE("nonsense is the same every time and no real phrase") {
  const std::vector<std::string> real = {"a red bus at night", "a car"};
  const auto nonsense = nonsense_phrases(real, 20);
  CHECK(nonsense.size() == 60);
  CHECK(nonsense == nonsense_phrases(real, 20));
  CHECK_FALSE(holds(nonsense, real[0]));
  CHECK(mistyped_phrases({"a red bus at night", "a car"}).size() == 1);
}

TEST_CASE("the cut-off parts samples that can be parted, and keeps 99 in 100 where they cannot") {
  std::vector<QuerySample> samples;
  for (int i = 0; i < 100; ++i) {
    samples.push_back({0.20 + 0.001 * i, 1.0, true});
    samples.push_back({0.25 + 0.001 * i, 0.003 * i, false});
  }
  const auto parted = fit_relevance(samples, 0.02);
  CHECK(parted.familiarity_weight > 0);
  const auto fits = [](const RelevanceInfo& info, const QuerySample& sample) {
    const double logit = info.bias + info.similarity_weight * sample.similarity +
                         info.familiarity_weight * sample.familiarity;
    return 1 / (1 + std::exp(-logit)) >= info.cut_off;
  };
  for (const auto& sample : samples) CHECK(fits(parted, sample) == sample.fits);

  for (auto& sample : samples) sample.familiarity = 1.0;
  const auto mixed = fit_relevance(samples, 0.02);
  const auto kept = std::count_if(samples.begin(), samples.end(), [&](const auto& sample) {
    return sample.fits && fits(mixed, sample);
  });
  CHECK(kept >= 99);
  CHECK_FALSE(fit_relevance({}, 0.02).is_known());
}
