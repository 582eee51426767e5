#include "native/clip/phrase_text.h"

#include "native/clip/unicode_text.h"

namespace sightline {

std::string normalize_phrase(std::string_view text) {
  const std::u32string normalized = normalize_text(decode_utf8(text));
  std::u32string_view phrase = normalized;
  const auto drop_last = [&](char32_t code_point) {
    if (phrase.ends_with(code_point)) phrase.remove_suffix(1);
  };
  if (phrase.starts_with(U' ')) phrase.remove_prefix(1);
  drop_last(U' ');
  drop_last(U'.');
  drop_last(U' ');
  return encode_utf8(phrase);
}

std::string_view without_article(std::string_view phrase) {
  for (const std::string_view article : {"a ", "an ", "the "}) {
    if (phrase.starts_with(article)) return phrase.substr(article.size());
  }
  return phrase;
}

}  // namespace sightline
