#include "indexer/models/tokenizer_files.h"

#include <utility>
#include <vector>

#include "indexer/base/file_io.h"
#include "indexer/base/json.h"

namespace sightline {
namespace {

constexpr size_t kMaxFileBytes = size_t{64} << 20;

Error about(const std::string& path, const std::string& message) {
  return model_error(path + ": " + message);
}

Result<JsonValue> read_json(const std::string& path) {
  auto text = read_text_file(path, kMaxFileBytes);
  if (!text) return model_error(text.error().message);
  auto json = parse_json(*text);
  if (!json) return about(path, json.error().message);
  return json;
}

Result<uint32_t> context_length(const std::string& path) {
  const auto text = read_text_file(path, kMaxFileBytes);
  if (!text && text.error().code == ErrorCode::kNotFound) return Tokenizer::kDefaultContextLength;
  ASSIGN_OR_RETURN(const auto config, read_json(path));
  const JsonValue* text_config = config.find("text_config");
  auto length =
      text_config != nullptr ? text_config->int_at("max_position_embeddings") : std::nullopt;
  if (!length) length = config.int_at("max_position_embeddings");
  if (length && (*length < 2 || *length > 4096)) {
    return about(
        path, "max_position_embeddings is " + std::to_string(*length) + "; 2 to 4096 are possible");
  }
  return static_cast<uint32_t>(length.value_or(Tokenizer::kDefaultContextLength));
}

}  // namespace

Result<Tokenizer> load_tokenizer(const std::string& folder) {
  const std::string vocabulary_path = folder + "/vocab.json", merges_path = folder + "/merges.txt";
  ASSIGN_OR_RETURN(const auto json, read_json(vocabulary_path));
  std::vector<std::pair<std::string, uint32_t>> vocabulary;
  vocabulary.reserve(json.members().size());
  for (const auto& [token, id] : json.members()) {
    const auto number = id.as_int();
    if (!number || !std::in_range<uint32_t>(*number)) {
      return about(vocabulary_path, "the token '" + token + "' has no id");
    }
    vocabulary.emplace_back(token, static_cast<uint32_t>(*number));
  }
  const auto merges = read_text_file(merges_path, kMaxFileBytes);
  if (!merges) return model_error(merges.error().message);
  ASSIGN_OR_RETURN(const auto length, context_length(folder + "/config.json"));
  auto tokenizer = Tokenizer::create(vocabulary, *merges, length);
  if (!tokenizer) return about(folder, tokenizer.error().message);
  return tokenizer;
}

}  // namespace sightline
