#include "indexer/assemble/add_phrase_bank.h"

#include <algorithm>
#include <span>
#include <unordered_set>

#include "indexer/base/file_io.h"
#include "indexer/phrases/bank_phrases.h"
#include "native/bundle/suggestions.h"
#include "native/clip/familiarity.h"
#include "native/clip/phrase_text.h"

namespace sightline {
namespace {

// Enough for every plain phrase of a detector with few classes, within a second of embedding by the
// embedded model; large collections are worth more.
struct DefaultCount {
  size_t images_below;
  uint32_t phrase_count;
};
constexpr DefaultCount kDefaultCounts[] = {{100, 1000}, {5000, 5000}, {SIZE_MAX, 20000}};

constexpr size_t kMaxSuggestions = 4000;
constexpr size_t kMaxSuggestionBytes = 30'000;
constexpr size_t kEmbedBlock = 4096;

uint32_t default_count(size_t image_count) {
  return std::find_if(std::begin(kDefaultCounts), std::end(kDefaultCounts),
                      [&](const auto& step) { return image_count < step.images_below; })
      ->phrase_count;
}

// What an embedding of a text depends on besides the text.
Result<Sha256Digest> text_model_digest(const ClipModel& clip) {
  ByteWriter writer;
  writer.write_bytes(clip.text_encoder_digest());
  writer.write_bytes(clip.tokenizer().serialize());
  return sha256(writer.bytes());
}

// The codes of all phrases, [phrases]; new ones are kept in the catalog block by block.
Result<std::vector<PhraseCode>> encode_phrases(const std::vector<std::string>& phrases,
                                               const ClipModel& clip, Catalog& catalog,
                                               Progress& progress) {
  ASSIGN_OR_RETURN(const auto model, text_model_digest(clip));
  std::vector<PhraseCode> codes(phrases.size());
  std::vector<size_t> unknown;
  for (size_t i = 0; i < phrases.size(); ++i) {
    codes[i].key = phrase_key(phrases[i]);
    ASSIGN_OR_RETURN(codes[i].code, catalog.get_phrase_code(model, phrases[i]));
    if (codes[i].code.size() != clip.dim()) unknown.push_back(i);
  }
  progress.begin("phrase bank", unknown.size());
  for (size_t start = 0; start < unknown.size(); start += kEmbedBlock) {
    const size_t end = std::min(start + kEmbedBlock, unknown.size());
    std::vector<std::string> block;
    for (size_t i = start; i < end; ++i) block.push_back(phrases[unknown[i]]);
    ASSIGN_OR_RETURN(const auto embeddings,
                     clip.embed_text_batches(block, [&](size_t count) { progress.add(count); }));
    for (size_t i = start; i < end; ++i) {
      PhraseCode& code = codes[unknown[i]];
      code.code =
          encode_phrase(std::span(embeddings).subspan((i - start) * clip.dim(), clip.dim()));
      RETURN_IF_ERROR(catalog.put_phrase_code(model, phrases[unknown[i]], code.code));
    }
    RETURN_IF_ERROR(catalog.commit());
  }
  return codes;
}

// Where leaves begin, ascending: at the keys that are given, and evenly where that leaves too many.
std::vector<size_t> leaf_starts(std::span<const PhraseCode> codes,
                                std::span<const uint64_t> leaf_keys, size_t per_leaf) {
  std::vector<size_t> starts;
  if (leaf_keys.empty()) {
    for (size_t start = 0; start < codes.size(); start += per_leaf) starts.push_back(start);
    return starts;
  }
  for (size_t begin = 0, next = 1; begin < codes.size(); ++next) {
    size_t end = codes.size();
    if (next < leaf_keys.size()) {
      const auto after =
          std::lower_bound(codes.begin(), codes.end(), leaf_keys[next],
                           [](const PhraseCode& code, uint64_t key) { return code.key < key; });
      end = static_cast<size_t>(after - codes.begin());
    }
    const size_t leaves = (end - begin + per_leaf - 1) / per_leaf;
    for (size_t i = 0; i < leaves; ++i) starts.push_back(begin + (end - begin) * i / leaves);
    begin = end;
  }
  return starts;
}

Result<std::vector<PhrasePage>> add_leaves(std::span<const PhraseCode> codes,
                                           std::span<const uint64_t> leaf_keys, uint32_t dim,
                                           BundleWriter& writer) {
  std::vector<PhrasePage> leaves;
  const auto starts = leaf_starts(codes, leaf_keys, phrases_per_leaf(dim));
  for (size_t i = 0; i < starts.size(); ++i) {
    const size_t end = i + 1 < starts.size() ? starts[i + 1] : codes.size();
    const auto entries = codes.subspan(starts[i], end - starts[i]);
    ASSIGN_OR_RETURN(const auto ref,
                     writer.add(ObjectKind::kPhrases, write_phrase_leaf(entries, dim)));
    leaves.push_back({entries.front().key, ref});
  }
  return leaves;
}

// As many of the phrases, the most useful first, as fit one small object.
Result<ObjectParts> add_suggestions(const std::vector<std::string>& phrases, BundleWriter& writer) {
  std::vector<std::string> chosen;
  std::unordered_set<std::string_view> seen;
  for (const auto& phrase : phrases) {
    if (chosen.size() == kMaxSuggestions) break;
    // Two that differ by their article are one.
    if (seen.insert(without_article(phrase)).second) chosen.push_back(phrase);
  }
  while (true) {
    const auto payload = write_suggestions(chosen);
    if (chosen.size() <= 1 ||
        pack_object(ObjectKind::kSuggestions, payload).ref.stored_bytes <= kMaxSuggestionBytes) {
      return writer.add_payload(ObjectKind::kSuggestions, payload);
    }
    chosen.resize(chosen.size() * 9 / 10);
  }
}

}  // namespace

std::vector<std::string> bank_phrases(const BankOptions& options,
                                      const std::vector<std::string>& examples,
                                      const std::vector<std::string>& sequences,
                                      const std::vector<std::string>& class_names,
                                      size_t image_count, const Tokenizer& tokenizer) {
  const uint32_t builtin_count = options.builtin_count.value_or(default_count(image_count));
  if (builtin_count == 0 && options.phrases.empty()) return {};
  std::vector<std::string> phrases;
  std::unordered_set<std::string> seen;
  const auto add = [&](const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      std::string phrase = normalize_phrase(text);
      if (!phrase.empty() && seen.insert(phrase).second) phrases.push_back(std::move(phrase));
    }
  };
  add(examples);
  add(options.phrases);
  const auto is_familiar = [&](const std::string& text) {
    return text_familiarity(tokenizer, text) == 1.0;
  };
  auto names = phrases_of_names(sequences);
  std::erase_if(names, [&](const auto& name) { return !is_familiar(name); });
  add(names);
  add(builtin_bank_phrases(options.list, class_names, builtin_count, is_familiar));
  return phrases;
}

Result<std::vector<PhrasePage>> add_phrase_directories(std::span<const PhrasePage> pages,
                                                       BundleWriter& writer) {
  std::vector<PhrasePage> directories;
  for (size_t start = 0; start < pages.size(); start += kLeavesPerDirectory) {
    const auto some = pages.subspan(start, std::min(kLeavesPerDirectory, pages.size() - start));
    ASSIGN_OR_RETURN(const auto ref,
                     writer.add(ObjectKind::kPhrases, write_phrase_directory(some)));
    directories.push_back({some.front().first_key, ref});
  }
  return directories;
}

Result<PhraseBankInfo> add_phrase_bank(const std::vector<std::string>& phrases,
                                       std::span<const uint64_t> leaf_keys, const ClipModel& clip,
                                       Catalog& catalog, BundleWriter& writer, Progress& progress) {
  PhraseBankInfo bank;
  if (phrases.empty()) return bank;
  ASSIGN_OR_RETURN(auto codes, encode_phrases(phrases, clip, catalog, progress));
  const auto by_key = [](const PhraseCode& a, const PhraseCode& b) { return a.key < b.key; };
  const auto same_key = [](const PhraseCode& a, const PhraseCode& b) { return a.key == b.key; };
  std::stable_sort(codes.begin(), codes.end(), by_key);
  codes.erase(std::unique(codes.begin(), codes.end(), same_key), codes.end());
  bank.phrase_count = static_cast<uint32_t>(codes.size());
  ASSIGN_OR_RETURN(const auto leaves, add_leaves(codes, leaf_keys, clip.dim(), writer));
  ASSIGN_OR_RETURN(bank.directories, add_phrase_directories(leaves, writer));
  ASSIGN_OR_RETURN(bank.suggestions, add_suggestions(phrases, writer));
  return bank;
}

}  // namespace sightline
