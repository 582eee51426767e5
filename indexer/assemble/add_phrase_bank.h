#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "indexer/base/progress.h"
#include "indexer/bundle/bundle_writer.h"
#include "indexer/catalog/catalog.h"
#include "indexer/models/clip_model.h"
#include "indexer/phrases/phrase_list.h"
#include "native/bundle/phrase_bank.h"

namespace sightline {

struct BankOptions {
  PhraseList list;                        // what phrases made by rule are made of
  std::optional<uint32_t> builtin_count;  // phrases made by rule; nothing: by the collection's size
  std::vector<std::string> phrases;       // the publisher's own, in front of the others
};

// What a bank holds for a collection, normalised, the most useful first: the examples, the
// publisher's phrases, the names of sequences, then those made by rule of words that the model's
// vocabulary has whole.
std::vector<std::string> bank_phrases(const BankOptions& options,
                                      const std::vector<std::string>& examples,
                                      const std::vector<std::string>& sequences,
                                      const std::vector<std::string>& class_names,
                                      size_t image_count, const Tokenizer& tokenizer);

// Adds directories of pages to the bundle and says where they begin.
Result<std::vector<PhrasePage>> add_phrase_directories(std::span<const PhrasePage> pages,
                                                       BundleWriter& writer);

// Embeds what the catalog does not hold yet and adds the bank's pages to the bundle. The same
// phrases, model and leaf_keys give the same bytes. No phrases: no bank. leaf_keys: the first keys
// of the leaves of the bundle that is continued, whose leaves stay where they can, or none.
Result<PhraseBankInfo> add_phrase_bank(const std::vector<std::string>& phrases,
                                       std::span<const uint64_t> leaf_keys, const ClipModel& clip,
                                       Catalog& catalog, BundleWriter& writer, Progress& progress);

}  // namespace sightline
