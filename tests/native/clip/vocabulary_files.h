#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native/clip/unicode_text.h"

namespace sightline {

using VocabularyEntries = std::vector<std::pair<std::string, uint32_t>>;

// The entries of a vocab.json: one flat object of strings and whole numbers.
inline VocabularyEntries parse_vocabulary_json(std::string_view json) {
  VocabularyEntries entries;
  for (size_t i = 0; (i = json.find('"', i)) != json.npos;) {
    std::string token;
    for (++i; json[i] != '"'; ++i) {
      if (json[i] != '\\') {
        token += json[i];
      } else if (json[++i] == 'u') {
        const auto unit = std::stoul(std::string(json.substr(i + 1, 4)), nullptr, 16);
        const auto code_point = static_cast<char32_t>(unit);
        token += encode_utf8({&code_point, 1});
        i += 4;
      } else {
        token += json[i];
      }
    }
    i = json.find(':', i) + 1;
    entries.emplace_back(token, std::stoul(std::string(json.substr(i, 12))));
  }
  return entries;
}

// A vocabulary in CLIP's order: the bytes' symbols, the same with `</w>`, one token for each
// merge, the special tokens. make_token_cases.mjs builds the same.
inline VocabularyEntries vocabulary_of_merges(std::string_view merges_txt) {
  std::u32string symbols;
  for (char32_t c = U'!'; c <= U'~'; ++c) symbols += c;
  for (char32_t c = 0xa1; c <= 0xac; ++c) symbols += c;
  for (char32_t c = 0xae; c <= 0xff; ++c) symbols += c;
  for (char32_t c = 256; symbols.size() < 256; ++c) symbols += c;
  VocabularyEntries entries;
  const auto add = [&](std::string token) {
    entries.emplace_back(std::move(token), static_cast<uint32_t>(entries.size()));
  };
  for (const char32_t& c : symbols) add(encode_utf8({&c, 1}));
  for (const char32_t& c : symbols) add(encode_utf8({&c, 1}) + "</w>");
  while (!merges_txt.empty()) {
    const size_t end = merges_txt.find('\n');
    std::string line(merges_txt.substr(0, end));
    merges_txt.remove_prefix(end == merges_txt.npos ? merges_txt.size() : end + 1);
    if (line.empty() || line.starts_with("#version")) continue;
    add(line.erase(line.find(' '), 1));
  }
  add("<|startoftext|>");
  add("<|endoftext|>");
  return entries;
}

}  // namespace sightline
