#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/object_ref.h"

namespace sightline {

// The phrase bank: embeddings of many phrases, computed at build time, each found by the hash of
// its phrase in two fetches (FORMAT.md, sections 4.6 and 15).
//
//   root ──► directory (1.7 kB) ──► leaf (about 16 kB): keys and embeddings
//
// Leaves hold consecutive keys, so a page is known by the first key below it.
struct PhrasePage {
  uint64_t first_key = 0;
  ObjectRef ref;

  bool operator==(const PhrasePage&) const = default;
};

struct PhraseBankInfo {
  uint32_t phrase_count = 0;
  std::vector<PhrasePage> directories;  // ascending
  ObjectParts suggestions;              // phrases to complete what is typed; may be none
  std::vector<PhrasePage> answers;      // directories of first answers, ascending; may be none

  bool operator==(const PhraseBankInfo&) const = default;
};

// The first 8 bytes of the SHA-256 of a phrase as normalize_phrase() makes it.
uint64_t phrase_key(std::string_view normalized);

// An embedding to 8 bits a dimension. Its length, which is 1, is not stored: codes are divided by
// their own. The same on every target.
struct PhraseCode {
  uint64_t key = 0;
  std::vector<int8_t> code;  // [dim], -127..127

  bool operator==(const PhraseCode&) const = default;
};
std::vector<int8_t> encode_phrase(std::span<const float> embedding);  // [dim] -> [dim]
std::vector<float> decode_phrase(std::span<const int8_t> code);       // unit length

// Phrases in one leaf, so that a fetch brings about 16 kB.
size_t phrases_per_leaf(uint32_t dim);
inline constexpr size_t kLeavesPerDirectory = 32;

// entries and pages ascend by key, none twice.
std::vector<uint8_t> write_phrase_leaf(std::span<const PhraseCode> entries, uint32_t dim);
std::vector<uint8_t> write_phrase_directory(std::span<const PhrasePage> pages);
Result<std::vector<PhraseCode>> parse_phrase_leaf(std::span<const uint8_t> payload, uint32_t dim);
Result<std::vector<PhrasePage>> parse_phrase_directory(std::span<const uint8_t> payload);

// The page that would hold a key; null where no phrase of the bank can have it.
const PhrasePage* find_phrase_page(std::span<const PhrasePage> pages, uint64_t key);

// The embedding of the phrase with that key: [dim] float32, unit length; nothing where the leaf has
// none. The whole leaf is checked.
Result<std::optional<std::vector<float>>> find_phrase(std::span<const uint8_t> leaf, uint64_t key,
                                                      uint32_t dim);

// The images that the bundle's own search finds for a phrase, the best first: what can be shown
// while the index is still on its way. None: nothing that fits.
struct PhraseAnswer {
  uint64_t key = 0;
  std::vector<uint32_t> images;  // ordinals, at most kMaxAnswerImages

  bool operator==(const PhraseAnswer&) const = default;
};
inline constexpr size_t kMaxAnswerImages = 16;
// Answers in one page: directories, leaf and answers of a phrase are less than 20 kB together.
inline constexpr size_t kAnswersPerPage = 50;

// answers ascend by key, none twice.
std::vector<uint8_t> write_phrase_answers(std::span<const PhraseAnswer> answers);
Result<std::vector<PhraseAnswer>> parse_phrase_answers(std::span<const uint8_t> payload);

// The section of the root.
std::vector<uint8_t> write_phrase_bank(const PhraseBankInfo& bank);
Result<PhraseBankInfo> read_phrase_bank(ByteReader& reader);

}  // namespace sightline
