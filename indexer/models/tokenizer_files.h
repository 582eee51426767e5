#pragma once

#include <string>

#include "native/base/result.h"
#include "native/clip/tokenizer.h"

namespace sightline {

// The tokenizer of a folder with vocab.json and merges.txt. The context length is
// max_position_embeddings of config.json where there is one, else 77.
// Errors: kModel, naming the file.
Result<Tokenizer> load_tokenizer(const std::string& folder);

}  // namespace sightline
