#include "indexer/commands/tokenize.h"

#include <iostream>

#include "indexer/base/json.h"
#include "indexer/models/model_registry.h"
#include "indexer/models/tokenizer_files.h"

namespace sightline {

Result<int> run_tokenize(const TokenizeOptions& options) {
  ASSIGN_OR_RETURN(const auto folder, find_tokenizer_folder(options.model));
  ASSIGN_OR_RETURN(const auto tokenizer, load_tokenizer(folder));
  ASSIGN_OR_RETURN(const auto ids, tokenizer.encode(options.text));
  if (options.json) {
    std::cout << dump_json(JsonValue{{"ids", JsonValue::Array(ids.begin(), ids.end())}}) << '\n';
  } else {
    for (size_t i = 0; i < ids.size(); ++i) std::cout << (i > 0 ? " " : "") << ids[i];
    std::cout << '\n';
  }
  return 0;
}

}  // namespace sightline
