#include "native/clip/familiarity.h"

#include "native/clip/split_pattern.h"
#include "native/clip/unicode_text.h"

namespace sightline {

double text_familiarity(const Tokenizer& tokenizer, std::string_view text) {
  // Long enough to judge by; a text beyond it is cut by the tokenizer as well.
  constexpr size_t kMaxBytes = 4096;
  constexpr size_t kOneToken = 3;  // between start and end
  const std::u32string normalized = normalize_text(decode_utf8(text.substr(0, kMaxBytes)));
  std::u32string_view rest = normalized;
  size_t known = 0;
  size_t total = 0;
  for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
    const CharClass kind = char_class(word.front());
    // Every digit is a token of its own, known or not; a lone comma says nothing about the words.
    if (kind == CharClass::kOther && word.size() == 1) continue;
    const auto ids = tokenizer.encode(encode_utf8(word));
    if (kind == CharClass::kLetter && ids && ids->size() == kOneToken) known += word.size();
    total += word.size();
  }
  return total > 0 ? static_cast<double>(known) / static_cast<double>(total) : 0.0;
}

}  // namespace sightline
