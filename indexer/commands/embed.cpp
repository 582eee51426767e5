#include "indexer/commands/embed.h"

#include <algorithm>
#include <iostream>
#include <span>
#include <vector>

#include "indexer/base/file_io.h"
#include "indexer/base/json.h"
#include "indexer/media/decode.h"
#include "indexer/models/clip_model.h"
#include "indexer/models/model_registry.h"
#include "indexer/models/tokenizer_files.h"
#include "indexer/packing/pack_text_encoder.h"
#include "native/clip/view_boxes.h"

namespace sightline {
namespace {

Result<std::vector<float>> embed_image(const ClipModel& model, const std::string& path) {
  ASSIGN_OR_RETURN(const auto bytes, read_file(path, DecodeLimits{}.max_bytes));
  auto image = decode_image(bytes, 2 * model.image_size_px());
  if (!image) return Error{image.error().code, path + ": " + image.error().message};
  const RgbImage& pixels = image->pixels;
  const auto box = centre_square(pixels.width_px, pixels.height_px);
  return model.embed_pixels(preprocess(pixels, box, model.preprocessing()));
}

Result<std::vector<float>> embed_packed(const ModelFolder& folder,
                                        const std::vector<std::string>& texts) {
  ASSIGN_OR_RETURN(const auto tokenizer, load_tokenizer(folder.path));
  ASSIGN_OR_RETURN(const auto packed, packed_text_encoder(folder));
  ASSIGN_OR_RETURN(const auto shape, parse_text_shape(packed.info.shape));
  ASSIGN_OR_RETURN(const auto encoder, packed.load(shape.embedding_dim));
  std::vector<float> rows;
  for (const auto& text : texts) {
    ASSIGN_OR_RETURN(const auto ids, tokenizer.encode(text));
    ASSIGN_OR_RETURN(const auto row, encoder.encode(ids));
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return rows;
}

Result<std::vector<float>> embed(const EmbedOptions& options, const ModelFolder& folder) {
  if (options.encoder == TextEncoderKind::kPacked) return embed_packed(folder, options.texts);
  ASSIGN_OR_RETURN(const auto model, ClipModel::load(folder, {options.onnx, !options.texts.empty(),
                                                              options.image_path.has_value()}));
  return options.image_path ? embed_image(model, *options.image_path)
                            : model.embed_text(options.texts);
}

}  // namespace

Result<int> run_embed(const EmbedOptions& options) {
  if (options.texts.empty() != options.image_path.has_value()) {
    return invalid_argument("embed takes either --text or --image");
  }
  if (options.image_path && options.encoder == TextEncoderKind::kPacked) {
    return invalid_argument("--encoder packed is for --text; images go through ONNX Runtime");
  }
  ASSIGN_OR_RETURN(const auto found, find_model(options.model, ModelKind::kClip));
  if (found.is_embedded && options.model.empty()) std::cerr << kEmbeddedModelWarning << '\n';
  ASSIGN_OR_RETURN(const auto embeddings, embed(options, found.folder));
  const size_t row_count = std::max<size_t>(options.texts.size(), 1);
  const size_t dim = embeddings.size() / row_count;
  for (size_t row = 0; row < row_count; ++row) {
    const auto embedding = std::span(embeddings).subspan(row * dim, dim);
    const JsonValue::Array numbers(embedding.begin(), embedding.end());
    if (options.json) {
      std::cout << dump_json(JsonValue{{"embedding", numbers}}) << '\n';
    } else {
      for (const JsonValue& number : numbers) std::cout << dump_json(number) << '\n';
    }
  }
  return 0;
}

}  // namespace sightline
