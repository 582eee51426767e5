#include "indexer/query/query_encoder.h"

#include <algorithm>
#include <filesystem>

#include "indexer/base/file_io.h"
#include "indexer/media/decode.h"
#include "indexer/models/clip_towers.h"
#include "indexer/models/model_registry.h"
#include "indexer/query/banked_phrase.h"
#include "native/clip/familiarity.h"
#include "native/clip/image_preprocess.h"
#include "native/clip/tokenizer.h"
#include "native/search/conjunction.h"

namespace sightline {
namespace {

constexpr size_t kMaxImageFileBytes = size_t{256} << 20;

const PublishedFile* find_role(const ModelInfo& model, const std::string& role) {
  const auto found = std::find_if(model.files.begin(), model.files.end(),
                                  [&](const PublishedFile& file) { return file.role == role; });
  return found == model.files.end() ? nullptr : &*found;
}

// An installed model's file with that digest; an empty path where there is none.
ModelFile installed_file(const std::string& role, const std::string& sha256_hex) {
  for (const auto& listed : list_models()) {
    if (!listed.problem.empty() || listed.folder.kind != ModelKind::kClip) continue;
    const auto& file = role == "text" ? listed.folder.clip.text : listed.folder.clip.vision;
    if (file.sha256 == sha256_hex) return file;
  }
  return {};
}

// The bundle's copy of a file, fetched into the cache folder unless it is there.
Result<ModelFile> cached_file(OpenedBundle& bundle, const PublishedFile& file) {
  ModelFile cached;
  cached.sha256 = to_hex(file.sha256);
  std::string folder = user_models_folder();
  if (folder.empty()) folder = std::filesystem::temp_directory_path().string() + "/sightline";
  folder += "/.from-bundles";
  cached.path = folder + "/" + cached.sha256 + ".onnx";
  if (const auto present = sha256_file(cached.path); present && *present == file.sha256) {
    return cached;
  }
  ASSIGN_OR_RETURN(const auto bytes, bundle.fetch(file.parts));
  if (sha256(bytes) != file.sha256) {
    return corrupt("model file '" + file.name + "': its joined parts do not have its sha256");
  }
  RETURN_IF_ERROR(make_directories(folder));
  RETURN_IF_ERROR(write_file_atomic(cached.path, bytes));
  return cached;
}

Result<ModelFile> model_file(OpenedBundle& bundle, const std::string& role) {
  const ModelInfo& model = bundle.root().model;
  const PublishedFile* file = find_role(model, role);
  if (file != nullptr) {
    if (auto installed = installed_file(role, to_hex(file->sha256)); !installed.path.empty()) {
      return installed;
    }
    if (!file->parts.empty()) return cached_file(bundle, *file);
  }
  return model_error("the bundle's " + role + " model ('" + model.id +
                     "') is neither installed nor carried by the bundle; get it with 'sightline "
                     "models fetch " +
                     model.id + "'");
}

// The encoder that the bundle's page uses too: the same query has the same bytes there.
Result<std::vector<float>> embed_by_packed_encoder(OpenedBundle& bundle, const Tokenizer& tokenizer,
                                                   const std::vector<std::string>& texts) {
  std::vector<float> embeddings;
  for (const auto& text : texts) {
    ASSIGN_OR_RETURN(const auto ids, tokenizer.encode(text));
    ASSIGN_OR_RETURN(const auto* encoder, bundle.text_encoder(ids));
    ASSIGN_OR_RETURN(const auto embedding, encoder->encode(ids));
    embeddings.insert(embeddings.end(), embedding.begin(), embedding.end());
  }
  return embeddings;
}

}  // namespace

Result<std::vector<float>> embed_query_texts(OpenedBundle& bundle,
                                             const std::vector<std::string>& texts) {
  const ModelInfo& model = bundle.root().model;
  ASSIGN_OR_RETURN(const auto payload, bundle.fetch(model.tokenizer));
  ASSIGN_OR_RETURN(const auto tokenizer, Tokenizer::parse(payload));
  if (bundle.root().packed_encoder) return embed_by_packed_encoder(bundle, tokenizer, texts);
  ASSIGN_OR_RETURN(const auto file, model_file(bundle, "text"));
  ASSIGN_OR_RETURN(const auto tower, TextTower::load(file, tokenizer.context_length(),
                                                     tokenizer.end_id(), OnnxOptions{}));
  std::vector<float> embeddings;
  for (const auto& text : texts) {
    ASSIGN_OR_RETURN(const auto ids, tokenizer.encode(text));
    RETURN_IF_ERROR(tower.append_embedding(ids, embeddings));
  }
  return embeddings;
}

Result<EmbeddedText> embed_query_text(OpenedBundle& bundle, const std::string& text) {
  const size_t dim = bundle.root().model.embedding_dim;
  const auto phrases = split_conjunction(text);
  EmbeddedText query{std::vector<float>(phrases.size() * dim), 1.0};
  std::vector<std::string> unknown;
  std::vector<size_t> places;
  for (size_t i = 0; i < phrases.size(); ++i) {
    ASSIGN_OR_RETURN(const auto embedding, find_banked_phrase(bundle, phrases[i]));
    if (embedding) {
      std::copy(embedding->begin(), embedding->end(), query.embeddings.data() + i * dim);
    } else {
      unknown.push_back(phrases[i]);
      places.push_back(i);
    }
  }
  if (unknown.empty()) return query;
  ASSIGN_OR_RETURN(const auto embedded, embed_query_texts(bundle, unknown));
  ASSIGN_OR_RETURN(const auto payload, bundle.fetch(bundle.root().model.tokenizer));
  ASSIGN_OR_RETURN(const auto tokenizer, Tokenizer::parse(payload));
  for (size_t i = 0; i < places.size(); ++i) {
    std::copy_n(embedded.data() + i * dim, dim, query.embeddings.data() + places[i] * dim);
    query.familiarity = std::min(query.familiarity, text_familiarity(tokenizer, unknown[i]));
  }
  return query;
}

Result<std::vector<float>> embed_query_image(OpenedBundle& bundle, const std::string& path) {
  const ModelInfo& model = bundle.root().model;
  ASSIGN_OR_RETURN(const auto bytes, read_file(path, kMaxImageFileBytes));
  auto image = decode_image(bytes, 2 * model.image_size_px);
  if (!image) return Error{image.error().code, path + ": " + image.error().message};
  ASSIGN_OR_RETURN(const auto file, model_file(bundle, "vision"));
  ASSIGN_OR_RETURN(const auto tower, VisionTower::load(file, model.image_size_px, OnnxOptions{}));
  const PixelBox square = centre_square(image->pixels.width_px, image->pixels.height_px);
  const ImagePreprocessing preprocessing{model.image_size_px, model.mean, model.stddev};
  return tower.embed(preprocess(image->pixels, square, preprocessing));
}

}  // namespace sightline
