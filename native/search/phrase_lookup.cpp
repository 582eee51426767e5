#include "native/search/phrase_lookup.h"

#include "native/bundle/object.h"
#include "native/clip/phrase_text.h"

namespace sightline {
namespace {

// Longer texts are no phrases, and need not be normalised to know it.
constexpr size_t kMaxTextBytes = 4096;

Error named(const ObjectRef& ref, const Error& error) {
  return {error.code, object_name(ref) + ": " + error.message};
}

uint64_t key_of(std::string_view text) { return phrase_key(normalize_phrase(text)); }

std::optional<ObjectRef> directory_among(std::span<const PhrasePage> pages, std::string_view text) {
  if (pages.empty() || text.size() > kMaxTextBytes) return {};
  const PhrasePage* page = find_phrase_page(pages, key_of(text));
  return page != nullptr ? std::optional(page->ref) : std::nullopt;
}

}  // namespace

std::optional<ObjectRef> find_phrase_directory(const PhraseBankInfo& bank, std::string_view text) {
  return directory_among(bank.directories, text);
}

std::optional<ObjectRef> find_answer_directory(const PhraseBankInfo& bank, std::string_view text) {
  return directory_among(bank.answers, text);
}

Result<std::optional<ObjectRef>> find_phrase_leaf(const ObjectRef& directory,
                                                  std::span<const uint8_t> stored,
                                                  std::string_view text) {
  ASSIGN_OR_RETURN(const auto payload, unpack_object(directory, stored));
  const auto pages = parse_phrase_directory(payload);
  if (!pages) return named(directory, pages.error());
  const PhrasePage* page = find_phrase_page(*pages, key_of(text));
  return page != nullptr ? std::optional(page->ref) : std::optional<ObjectRef>();
}

Result<std::optional<std::vector<float>>> find_phrase_embedding(const ObjectRef& leaf,
                                                                std::span<const uint8_t> stored,
                                                                std::string_view text,
                                                                uint32_t dim) {
  ASSIGN_OR_RETURN(const auto payload, unpack_object(leaf, stored));
  auto found = find_phrase(payload, key_of(text), dim);
  if (!found) return named(leaf, found.error());
  return found;
}

Result<std::optional<std::vector<uint32_t>>> find_phrase_answer(const ObjectRef& page,
                                                                std::span<const uint8_t> stored,
                                                                std::string_view text) {
  ASSIGN_OR_RETURN(const auto payload, unpack_object(page, stored));
  const auto answers = parse_phrase_answers(payload);
  if (!answers) return named(page, answers.error());
  const uint64_t key = key_of(text);
  for (const auto& answer : *answers) {
    if (answer.key == key) return std::optional(answer.images);
  }
  return std::optional<std::vector<uint32_t>>();
}

}  // namespace sightline
