#include "native/clip/tokenizer.h"

#include "native/clip/split_pattern.h"
#include "native/clip/unicode_text.h"

namespace sightline {
namespace {

// The two special tokens are found at different stages, as in the published tokenizer.json files:
// the end token in the text as typed, the start token after normalisation, so in any case.
constexpr std::u32string_view kStart = U"<|startoftext|>";
constexpr std::u32string_view kEnd = U"<|endoftext|>";

}  // namespace

Result<std::vector<uint32_t>> Tokenizer::encode(std::string_view text) const {
  if (text.size() > kMaxTextBytes) {
    return too_large("the text has " + std::to_string(text.size()) + " bytes, at most " +
                     std::to_string(kMaxTextBytes) + " are tokenised; shorten it");
  }
  const size_t limit = context_length_ - 1;
  const std::u32string decoded = decode_utf8(text);
  std::u32string_view rest = decoded;
  std::vector<uint32_t> ids = {start_id_};
  while (ids.size() < limit) {
    const size_t literal = rest.find(kEnd);
    append_piece(rest.substr(0, literal), ids);
    if (literal == std::u32string_view::npos) break;
    ids.push_back(end_id_);
    rest.remove_prefix(literal + kEnd.size());
  }
  if (ids.size() > limit) ids.resize(limit);
  ids.push_back(end_id_);
  return ids;
}

void Tokenizer::append_piece(std::u32string_view piece, std::vector<uint32_t>& ids) const {
  const std::u32string normalized = normalize_text(piece);
  std::u32string_view rest = normalized;
  while (true) {
    const size_t literal = rest.find(kStart);
    append_words(rest.substr(0, literal), ids);
    if (literal == std::u32string_view::npos) return;
    ids.push_back(start_id_);
    rest.remove_prefix(literal + kStart.size());
  }
}

void Tokenizer::append_words(std::u32string_view text, std::vector<uint32_t>& ids) const {
  std::vector<uint32_t> symbols;
  while (ids.size() < context_length_) {
    const std::u32string_view word = next_word(text);
    if (word.empty()) return;
    symbols.clear();
    const std::string bytes = encode_utf8(word);
    for (const char byte : bytes) symbols.push_back(inner_ids_[static_cast<uint8_t>(byte)]);
    symbols.back() = final_ids_[static_cast<uint8_t>(bytes.back())];
    merges_.apply(symbols);
    ids.insert(ids.end(), symbols.begin(), symbols.end());
  }
}

}  // namespace sightline
