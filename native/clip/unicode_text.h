#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sightline {

// What the split pattern asks of a code point: \p{L}, \p{N}, \s or none of them.
enum class CharClass : uint8_t { kLetter, kNumber, kSpace, kOther };

CharClass char_class(char32_t code_point);

// Every maximal invalid sequence becomes one U+FFFD, as in the WHATWG decoder and in Rust.
std::u32string decode_utf8(std::string_view bytes);
std::string encode_utf8(std::u32string_view code_points);

// The normaliser of Hugging Face's CLIPTokenizerFast: NFC, runs of white space to one space, then
// lower case code point by code point (full mappings, no rule that looks at the neighbours).
// Of code points newer than utf8proc's tables (Unicode 15 in 2.8) nothing is known, and the order
// of combining marks newer than Unicode 9 is ours, not that of the older tables of the reference.
std::u32string normalize_text(std::u32string_view text);

}  // namespace sightline
