#include "native/clip/unicode_text.h"

#include <cstdlib>
#include <memory>
#include <new>

#include <utf8proc.h>

namespace sightline {
namespace {

constexpr char32_t kReplacement = 0xfffd;

// One code point from the front of bytes; sets byte_count to what it took.
char32_t decode_front(std::string_view bytes, size_t& byte_count) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const uint8_t lead = byte(0);
  byte_count = 1;
  if (lead < 0x80) return lead;
  if (lead < 0xc2 || lead > 0xf4) return kReplacement;
  const size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // The second byte's range shuts out overlong forms, surrogates and what lies beyond U+10FFFF.
  uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  char32_t code_point = lead & (0x7f >> length);
  for (; byte_count < length; ++byte_count) {
    if (byte_count >= bytes.size()) return kReplacement;
    const uint8_t next = byte(byte_count);
    if (next < low || next > high) return kReplacement;
    low = 0x80, high = 0xbf;
    code_point = code_point << 6 | (next & 0x3f);
  }
  return code_point;
}

std::u32string compose(std::u32string_view text) {
  const std::string utf8 = encode_utf8(text);
  utf8proc_uint8_t* composed = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const utf8proc_ssize_t length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                   static_cast<utf8proc_ssize_t>(utf8.size()), &composed, options);
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owned(composed, &std::free);
  // Of valid UTF-8 of a bounded size, memory is all that utf8proc can complain about.
  if (length < 0) throw std::bad_alloc();
  return decode_utf8({reinterpret_cast<const char*>(composed), static_cast<size_t>(length)});
}

}  // namespace

CharClass char_class(char32_t code_point) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(code_point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
      return CharClass::kLetter;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return CharClass::kNumber;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return CharClass::kSpace;
    default:
      break;
  }
  const bool is_control_space = (code_point >= 0x09 && code_point <= 0x0d) || code_point == 0x85;
  return is_control_space ? CharClass::kSpace : CharClass::kOther;
}

std::u32string decode_utf8(std::string_view bytes) {
  std::u32string code_points;
  code_points.reserve(bytes.size());
  for (size_t byte_count = 0; !bytes.empty(); bytes.remove_prefix(byte_count)) {
    code_points += decode_front(bytes, byte_count);
  }
  return code_points;
}

std::string encode_utf8(std::u32string_view code_points) {
  std::string bytes;
  bytes.reserve(code_points.size());
  for (const char32_t code_point : code_points) {
    utf8proc_uint8_t encoded[4];
    const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), encoded);
    bytes.append(reinterpret_cast<const char*>(encoded), static_cast<size_t>(length));
  }
  return bytes;
}

std::u32string normalize_text(std::u32string_view text) {
  std::u32string normalized;
  normalized.reserve(text.size());
  bool after_space = false;
  for (const char32_t code_point : compose(text)) {
    const bool is_space = char_class(code_point) == CharClass::kSpace;
    if (is_space) {
      if (!after_space) normalized += U' ';
    } else if (code_point == 0x130) {
      // The one code point whose lower case is two of them wherever it stands.
      normalized += U"i\u0307";
    } else {
      normalized +=
          static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point)));
    }
    after_space = is_space;
  }
  return normalized;
}

}  // namespace sightline
