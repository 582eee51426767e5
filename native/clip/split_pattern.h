#pragma once

#include <string_view>

namespace sightline {

// Takes the next word off the front of normalised text, or returns an empty view at its end:
// 's|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
// in that order of preference, skipping what lies between (CLIP's split pattern).
std::u32string_view next_word(std::u32string_view& text);

}  // namespace sightline
