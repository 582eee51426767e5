#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/phrase_bank.h"

namespace sightline {

// The way to a text's embedding in the phrase bank; the caller fetches the two objects between the
// steps. Nothing at any step: the text is not in the bank. Errors name the object.
std::optional<ObjectRef> find_phrase_directory(const PhraseBankInfo& bank, std::string_view text);
Result<std::optional<ObjectRef>> find_phrase_leaf(const ObjectRef& directory,
                                                  std::span<const uint8_t> stored,
                                                  std::string_view text);
Result<std::optional<std::vector<float>>> find_phrase_embedding(const ObjectRef& leaf,
                                                                std::span<const uint8_t> stored,
                                                                std::string_view text,
                                                                uint32_t dim);

// The same way to the images that answer a text at first, by find_phrase_leaf from such a directory
// to a page of answers. Ordinals are those of the page: whoever uses them checks them.
std::optional<ObjectRef> find_answer_directory(const PhraseBankInfo& bank, std::string_view text);
Result<std::optional<std::vector<uint32_t>>> find_phrase_answer(const ObjectRef& page,
                                                                std::span<const uint8_t> stored,
                                                                std::string_view text);

}  // namespace sightline
