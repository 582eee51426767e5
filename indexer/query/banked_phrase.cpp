#include "indexer/query/banked_phrase.h"

#include "native/search/phrase_lookup.h"

namespace sightline {

Result<std::optional<std::vector<float>>> find_banked_phrase(OpenedBundle& bundle,
                                                             const std::string& phrase) {
  const Root& root = bundle.root();
  const auto directory = find_phrase_directory(root.phrase_bank, phrase);
  if (!directory) return std::optional<std::vector<float>>();
  ASSIGN_OR_RETURN(const auto stored_directory, bundle.fetch_stored(*directory));
  ASSIGN_OR_RETURN(const auto leaf, find_phrase_leaf(*directory, stored_directory, phrase));
  if (!leaf) return std::optional<std::vector<float>>();
  ASSIGN_OR_RETURN(const auto stored_leaf, bundle.fetch_stored(*leaf));
  return find_phrase_embedding(*leaf, stored_leaf, phrase, root.model.embedding_dim);
}

}  // namespace sightline
