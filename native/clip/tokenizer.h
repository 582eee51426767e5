#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native/base/result.h"
#include "native/clip/byte_pair_merges.h"

namespace sightline {

// CLIP's byte-level BPE: the ids that Hugging Face's CLIPTokenizerFast gives.
// Immutable after construction; const members may be called from several threads.
class Tokenizer {
 public:
  static constexpr uint32_t kDefaultContextLength = 77;
  static constexpr size_t kMaxTextBytes = 1 << 20;

  // From the entries of `vocab.json` (token, id) and the text of `merges.txt`.
  // Fails with kModel where a byte, a special token or the token of a merge has no id.
  static Result<Tokenizer> create(const std::vector<std::pair<std::string, uint32_t>>& vocabulary,
                                  std::string_view merges_txt,
                                  uint32_t context_length = kDefaultContextLength);

  // From the bytes of serialize(), not to be trusted: fails with kCorrupt, or with kUnsupported
  // for a newer layout.
  static Result<Tokenizer> parse(std::span<const uint8_t> bytes);

  // The tokenizer section of a bundle (native/FORMAT.md).
  std::vector<uint8_t> serialize() const;

  // [start, tokens of the text, end], unpadded. A long text is cut to context_length() ids and
  // keeps the end token. Invalid UTF-8 counts as U+FFFD. `<|startoftext|>` and `<|endoftext|>`
  // typed in the text are the special tokens. Fails with kTooLarge beyond kMaxTextBytes.
  Result<std::vector<uint32_t>> encode(std::string_view text) const;

  uint32_t context_length() const { return context_length_; }
  uint32_t token_count() const { return token_count_; }  // every id is below
  uint32_t start_id() const { return start_id_; }
  uint32_t end_id() const { return end_id_; }

 private:
  Tokenizer() = default;
  Result<void> check() const;
  void append_piece(std::u32string_view piece, std::vector<uint32_t>& ids) const;
  void append_words(std::u32string_view text, std::vector<uint32_t>& ids) const;

  uint32_t token_count_ = 0;
  uint32_t start_id_ = 0;
  uint32_t end_id_ = 0;
  uint32_t context_length_ = 0;
  std::array<uint32_t, 256> inner_ids_ = {};  // of a byte with another one after it in its word
  std::array<uint32_t, 256> final_ids_ = {};  // of the last byte of a word (`</w>`)
  BytePairMerges merges_;
};

}  // namespace sightline
