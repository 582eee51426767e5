#include "native/bundle/phrase_bank.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sightline {
namespace {

// What a page is, its first field.
constexpr uint32_t kLeaf = 0;
constexpr uint32_t kDirectory = 1;
constexpr uint32_t kAnswers = 2;
// How phrases are normalised before they are hashed: normalize_phrase().
constexpr uint16_t kNormalization = 1;
constexpr size_t kLeafBytes = 16'128;
constexpr size_t kPageEntryBytes = 8 + kObjectRefBytes;

void write_pages(ByteWriter& writer, std::span<const PhrasePage> pages) {
  writer.write(static_cast<uint32_t>(pages.size()));
  for (const auto& page : pages) {
    writer.write(page.first_key);
    write_object_ref(writer, page.ref);
  }
}

Result<std::vector<PhrasePage>> read_pages(ByteReader& reader, const std::string& what) {
  const auto count = reader.read<uint32_t>();
  if (count > reader.remaining() / kPageEntryBytes) {
    return corrupt(what + ": " + std::to_string(count) + " pages do not fit the " +
                   std::to_string(reader.remaining()) + " bytes left");
  }
  std::vector<PhrasePage> pages;
  pages.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    const auto first_key = reader.read<uint64_t>();
    ASSIGN_OR_RETURN(const auto ref, read_object_ref(reader, ObjectKind::kPhrases));
    if (!pages.empty() && first_key <= pages.back().first_key) {
      return corrupt(what + ": the keys do not ascend at page " + std::to_string(i));
    }
    pages.push_back({first_key, ref});
  }
  return pages;
}

// Reads what a page is and says so where it is something else.
Result<void> expect_page(ByteReader& reader, uint32_t expected, const std::string& what) {
  const auto level = reader.read<uint32_t>();
  if (!reader.ok()) return corrupt(what + ": the bytes end before its kind");
  if (level == expected) return {};
  return corrupt(what + ": page kind " + std::to_string(level) + ", expected " +
                 std::to_string(expected));
}

}  // namespace

uint64_t phrase_key(std::string_view normalized) {
  const auto digest =
      sha256({reinterpret_cast<const uint8_t*>(normalized.data()), normalized.size()});
  uint64_t key;
  std::memcpy(&key, digest.data(), sizeof(key));
  return key;
}

std::vector<int8_t> encode_phrase(std::span<const float> embedding) {
  double largest = 0;
  for (const float value : embedding) largest = std::max(largest, std::abs(double{value}));
  std::vector<int8_t> code;
  code.reserve(embedding.size());
  for (const float value : embedding) {
    code.push_back(static_cast<int8_t>(largest > 0 ? std::lround(value / largest * 127) : 0));
  }
  return code;
}

std::vector<float> decode_phrase(std::span<const int8_t> code) {
  int64_t squared = 0;
  for (const int8_t value : code) squared += int64_t{value} * value;
  const double length = squared > 0 ? std::sqrt(static_cast<double>(squared)) : 1;
  std::vector<float> embedding;
  embedding.reserve(code.size());
  for (const int8_t value : code) embedding.push_back(static_cast<float>(value / length));
  return embedding;
}

size_t phrases_per_leaf(uint32_t dim) { return std::max<size_t>(1, kLeafBytes / (8 + dim)); }

std::vector<uint8_t> write_phrase_leaf(std::span<const PhraseCode> entries, uint32_t dim) {
  ByteWriter writer;
  writer.write(kLeaf);
  writer.write(dim);
  writer.write(static_cast<uint32_t>(entries.size()));
  for (const auto& entry : entries) writer.write(entry.key);
  for (const auto& entry : entries) writer.write_array<int8_t>(entry.code);
  return std::move(writer).take();
}

Result<std::vector<PhraseCode>> parse_phrase_leaf(std::span<const uint8_t> payload, uint32_t dim) {
  ByteReader reader(payload);
  RETURN_IF_ERROR(expect_page(reader, kLeaf, "phrases"));
  const auto found_dim = reader.read<uint32_t>();
  const auto count = reader.read<uint32_t>();
  if (reader.ok() && found_dim != dim) {
    return corrupt("phrases: " + std::to_string(found_dim) + " dimensions, the model has " +
                   std::to_string(dim));
  }
  if (!reader.ok() || reader.remaining() != uint64_t{count} * (8 + uint64_t{dim})) {
    return corrupt("phrases: " + std::to_string(reader.remaining()) + " bytes for " +
                   std::to_string(count) + " phrases of " + std::to_string(dim) + " dimensions");
  }
  std::vector<PhraseCode> entries(count);
  for (size_t i = 0; i < entries.size(); ++i) {
    entries[i].key = reader.read<uint64_t>();
    if (i > 0 && entries[i].key <= entries[i - 1].key) {
      return corrupt("phrases: the keys do not ascend at phrase " + std::to_string(i));
    }
  }
  for (auto& entry : entries) entry.code = reader.read_array<int8_t>(dim);
  return entries;
}

std::vector<uint8_t> write_phrase_directory(std::span<const PhrasePage> pages) {
  ByteWriter writer;
  writer.write(kDirectory);
  write_pages(writer, pages);
  return std::move(writer).take();
}

Result<std::vector<PhrasePage>> parse_phrase_directory(std::span<const uint8_t> payload) {
  ByteReader reader(payload);
  RETURN_IF_ERROR(expect_page(reader, kDirectory, "phrase directory"));
  ASSIGN_OR_RETURN(auto pages, read_pages(reader, "phrase directory"));
  if (!reader.ok()) return corrupt("phrase directory: the bytes end inside it");
  if (reader.remaining() > 0) return corrupt("phrase directory: bytes follow the last page");
  return pages;
}

const PhrasePage* find_phrase_page(std::span<const PhrasePage> pages, uint64_t key) {
  const auto after = std::upper_bound(
      pages.begin(), pages.end(), key,
      [](uint64_t wanted, const PhrasePage& page) { return wanted < page.first_key; });
  return after == pages.begin() ? nullptr : &*(after - 1);
}

Result<std::optional<std::vector<float>>> find_phrase(std::span<const uint8_t> leaf, uint64_t key,
                                                      uint32_t dim) {
  ASSIGN_OR_RETURN(const auto entries, parse_phrase_leaf(leaf, dim));
  const auto found =
      std::lower_bound(entries.begin(), entries.end(), key,
                       [](const PhraseCode& entry, uint64_t wanted) { return entry.key < wanted; });
  if (found == entries.end() || found->key != key) return std::optional<std::vector<float>>();
  return std::optional(decode_phrase(found->code));
}

std::vector<uint8_t> write_phrase_answers(std::span<const PhraseAnswer> answers) {
  ByteWriter writer;
  writer.write(kAnswers);
  writer.write(static_cast<uint32_t>(answers.size()));
  for (const auto& answer : answers) writer.write(answer.key);
  for (const auto& answer : answers) writer.write(static_cast<uint8_t>(answer.images.size()));
  for (const auto& answer : answers) writer.write_array<uint32_t>(answer.images);
  return std::move(writer).take();
}

Result<std::vector<PhraseAnswer>> parse_phrase_answers(std::span<const uint8_t> payload) {
  ByteReader reader(payload);
  RETURN_IF_ERROR(expect_page(reader, kAnswers, "phrase answers"));
  const auto count = reader.read<uint32_t>();
  if (!reader.ok() || count > reader.remaining() / 9) {
    return corrupt("phrase answers: " + std::to_string(count) + " answers do not fit the " +
                   std::to_string(reader.remaining()) + " bytes left");
  }
  std::vector<PhraseAnswer> answers(count);
  for (size_t i = 0; i < answers.size(); ++i) {
    answers[i].key = reader.read<uint64_t>();
    if (i > 0 && answers[i].key <= answers[i - 1].key) {
      return corrupt("phrase answers: the keys do not ascend at phrase " + std::to_string(i));
    }
  }
  const auto counts = reader.read_array<uint8_t>(count);
  for (size_t i = 0; i < answers.size(); ++i) {
    answers[i].images = reader.read_array<uint32_t>(counts[i]);
  }
  if (!reader.ok()) return corrupt("phrase answers: the bytes end inside them");
  if (reader.remaining() > 0) return corrupt("phrase answers: bytes follow the last one");
  return answers;
}

std::vector<uint8_t> write_phrase_bank(const PhraseBankInfo& bank) {
  ByteWriter writer;
  writer.write(kNormalization);
  writer.write(uint16_t{0});
  writer.write(bank.phrase_count);
  write_pages(writer, bank.directories);
  write_object_parts(writer, bank.suggestions);
  write_pages(writer, bank.answers);
  return std::move(writer).take();
}

Result<PhraseBankInfo> read_phrase_bank(ByteReader& reader) {
  PhraseBankInfo bank;
  const auto normalization = reader.read<uint16_t>();
  reader.read<uint16_t>();
  // A bank that hashes phrases in a way not known here is no bank: the text encoder answers.
  if (reader.ok() && normalization != kNormalization) return bank;
  bank.phrase_count = reader.read<uint32_t>();
  ASSIGN_OR_RETURN(bank.directories, read_pages(reader, "phrase bank"));
  ASSIGN_OR_RETURN(bank.suggestions, read_object_parts(reader, ObjectKind::kSuggestions));
  // Bundles written before there were any end here.
  if (reader.remaining() == 0) return bank;
  ASSIGN_OR_RETURN(bank.answers, read_pages(reader, "phrase answers"));
  return bank;
}

}  // namespace sightline
