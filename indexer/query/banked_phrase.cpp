#include "indexer/query/banked_phrase.h"

#include "native/clip/phrase_text.h"

namespace sightline {

Result<std::optional<std::vector<float>>> find_banked_phrase(OpenedBundle& bundle,
                                                             const std::string& phrase) {
  const uint64_t key = phrase_key(normalize_phrase(phrase));
  const PhrasePage* directory = find_phrase_page(bundle.root().phrase_bank.directories, key);
  if (directory == nullptr) return std::optional<std::vector<float>>();
  const auto named = [](const PhrasePage& page, const Error& error) {
    return Error{error.code, object_name(page.ref) + ": " + error.message};
  };
  ASSIGN_OR_RETURN(const auto directory_payload, bundle.fetch({directory->ref}));
  const auto leaves = parse_phrase_directory(directory_payload);
  if (!leaves) return named(*directory, leaves.error());
  const PhrasePage* leaf = find_phrase_page(*leaves, key);
  if (leaf == nullptr) return std::optional<std::vector<float>>();
  ASSIGN_OR_RETURN(const auto leaf_payload, bundle.fetch({leaf->ref}));
  auto found = find_phrase(leaf_payload, key, bundle.root().model.embedding_dim);
  if (!found) return named(*leaf, found.error());
  return found;
}

}  // namespace sightline
