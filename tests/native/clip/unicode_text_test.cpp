#include "native/clip/unicode_text.h"

#include <catch2/catch.hpp>

namespace sightline {
namespace {

std::string normalized(std::string_view text) {
  return encode_utf8(normalize_text(decode_utf8(text)));
}

}  // namespace

TEST_CASE("every code point survives UTF-8 and back") {
  std::u32string all;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c < 0xd800 || c > 0xdfff) all += c;
  }
  CHECK(decode_utf8(encode_utf8(all)) == all);
}

TEST_CASE("each maximal invalid sequence becomes one replacement character") {
  CHECK(decode_utf8("\xff\xfe") == U"\ufffd\ufffd");
  CHECK(decode_utf8("a\xe2\x82") == U"a\ufffd");
  CHECK(decode_utf8("\xf0\x9f\x98z") == U"\ufffdz");
  CHECK(decode_utf8("\xc0\xaf") == U"\ufffd\ufffd");
  CHECK(decode_utf8("\xed\xa0\x80") == U"\ufffd\ufffd\ufffd");
  CHECK(decode_utf8("\xf4\x90\x80\x80") == U"\ufffd\ufffd\ufffd\ufffd");
}

TEST_CASE("normalising composes, joins white space and lowers case code point by code point") {
  CHECK(normalized("CAFE\u0301") == "caf\u00e9");
  CHECK(normalized("a \t\n\u00a0\u3000b") == "a b");
  CHECK(normalized("  ") == " ");
  CHECK(normalized("\u0130") == "i\u0307");
  CHECK(normalized("I\u0307") == "i\u0307");
  CHECK(normalized("\u03a3\u0391\u03a3") == "\u03c3\u03b1\u03c3");
  CHECK(normalized("\u212a\u2126") == "k\u03c9");
  CHECK(normalized("\u1e9e\u00df") == "\u00df\u00df");
  CHECK(normalized(std::string_view("a\0b", 3)) == std::string("a\0b", 3));
}

TEST_CASE("letters, numbers and white space are told apart as the split pattern does") {
  for (const char32_t c : U"aZ\u00e9\u0434\u6f22\u0e01\u02b0\U00010400") {
    if (c != 0) CHECK(char_class(c) == CharClass::kLetter);
  }
  for (const char32_t c : U"7\u0663\u00bd\u2167\u2460") {
    if (c != 0) CHECK(char_class(c) == CharClass::kNumber);
  }
  for (const char32_t c : U" \t\n\v\f\r\u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000") {
    if (c != 0) CHECK(char_class(c) == CharClass::kSpace);
  }
  for (const char32_t c : U"!\u0301\u200b\u180e\ufeff\u001c\U0001f600\uffff") {
    CHECK(char_class(c) == CharClass::kOther);
  }
}

}  // namespace sightline
