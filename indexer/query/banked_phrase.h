#pragma once

#include <optional>
#include <string>
#include <vector>

#include "indexer/bundle/opened_bundle.h"

namespace sightline {

// The embedding of a phrase from the bundle's phrase bank: [embedding_dim], unit length; nothing
// where the bundle has no bank or the phrase is not in it. Fetches at most two objects.
Result<std::optional<std::vector<float>>> find_banked_phrase(OpenedBundle& bundle,
                                                             const std::string& phrase);

}  // namespace sightline
