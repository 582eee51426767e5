#include <algorithm>
#include <unordered_map>

#include "native/clip/tokenizer.h"
#include "native/clip/unicode_text.h"

namespace sightline {
namespace {

constexpr std::string_view kWordEnd = "</w>";

// The printable stand-in of each byte in the vocabulary, as GPT-2's bytes_to_unicode gives it.
std::array<std::string, 256> byte_symbols() {
  std::array<std::string, 256> symbols;
  char32_t next_unprintable = 256;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool printable =
        (byte >= U'!' && byte <= U'~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    const char32_t symbol = printable ? byte : next_unprintable++;
    symbols[byte] = encode_utf8({&symbol, 1});
  }
  return symbols;
}

// Ids by token, each a failure by name where the vocabulary lacks it.
class Vocabulary {
 public:
  explicit Vocabulary(const std::vector<std::pair<std::string, uint32_t>>& entries) {
    for (const auto& [token, id] : entries) ids_.emplace(token, id);
  }

  Result<uint32_t> id_of(const std::string& token, const std::string& role) const {
    const auto found = ids_.find(token);
    if (found != ids_.end()) return found->second;
    return model_error("vocab.json has no token \"" + token + "\", " + role +
                       "; take vocab.json and merges.txt from the same CLIP model");
  }

 private:
  std::unordered_map<std::string_view, uint32_t> ids_;
};

std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

Result<std::vector<BytePairMerge>> read_merges(std::string_view merges_txt,
                                               const Vocabulary& vocabulary) {
  std::vector<BytePairMerge> merges;
  for (uint32_t line_number = 1; !merges_txt.empty(); ++line_number) {
    const std::string_view line = take_line(merges_txt);
    if (line.empty() || line.starts_with("#version")) continue;
    const std::string place = "line " + std::to_string(line_number) + " of merges.txt";
    const size_t space = line.find(' ');
    if (space == line.npos || space == 0 || space + 1 == line.size() ||
        line.find(' ', space + 1) != line.npos) {
      return model_error(place + " is \"" + std::string(line.substr(0, 80)) +
                         "\", expected two tokens and one space between them");
    }
    const std::string left(line.substr(0, space)), right(line.substr(space + 1));
    ASSIGN_OR_RETURN(const uint32_t left_id, vocabulary.id_of(left, "used by " + place));
    ASSIGN_OR_RETURN(const uint32_t right_id, vocabulary.id_of(right, "used by " + place));
    ASSIGN_OR_RETURN(const uint32_t result_id, vocabulary.id_of(left + right, "made by " + place));
    merges.push_back({left_id, right_id, result_id});
  }
  return merges;
}

}  // namespace

Result<Tokenizer> Tokenizer::create(const std::vector<std::pair<std::string, uint32_t>>& vocabulary,
                                    std::string_view merges_txt, uint32_t context_length) {
  const Vocabulary ids(vocabulary);
  Tokenizer tokenizer;
  tokenizer.context_length_ = context_length;
  for (const auto& [token, id] : vocabulary) {
    tokenizer.token_count_ = std::max(tokenizer.token_count_, id < UINT32_MAX ? id + 1 : id);
  }
  ASSIGN_OR_RETURN(tokenizer.start_id_, ids.id_of("<|startoftext|>", "the start token"));
  ASSIGN_OR_RETURN(tokenizer.end_id_, ids.id_of("<|endoftext|>", "the end token"));
  const auto symbols = byte_symbols();
  for (size_t byte = 0; byte < 256; ++byte) {
    const std::string role = "the symbol of byte " + std::to_string(byte);
    ASSIGN_OR_RETURN(tokenizer.inner_ids_[byte], ids.id_of(symbols[byte], role));
    ASSIGN_OR_RETURN(tokenizer.final_ids_[byte],
                     ids.id_of(symbols[byte] + std::string(kWordEnd), role + " at a word's end"));
  }
  ASSIGN_OR_RETURN(auto merges, read_merges(merges_txt, ids));
  tokenizer.merges_ = BytePairMerges(std::move(merges));
  if (auto checked = tokenizer.check(); !checked) return model_error(checked.error().message);
  return tokenizer;
}

}  // namespace sightline
