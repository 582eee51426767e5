#include "indexer/commands/embed.h"

#include <iostream>
#include <vector>

#include "indexer/base/file_io.h"
#include "indexer/base/json.h"
#include "indexer/media/decode.h"
#include "indexer/models/clip_model.h"
#include "indexer/models/model_registry.h"
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

}  // namespace

Result<int> run_embed(const EmbedOptions& options) {
  if (options.text.has_value() == options.image_path.has_value()) {
    return invalid_argument("embed takes either --text or --image");
  }
  ASSIGN_OR_RETURN(const auto found, find_model(options.model, ModelKind::kClip));
  if (found.is_embedded && options.model.empty()) std::cerr << kEmbeddedModelWarning << '\n';
  ASSIGN_OR_RETURN(const auto model,
                   ClipModel::load(found.folder, {options.onnx, options.text.has_value(),
                                                  options.image_path.has_value()}));
  ASSIGN_OR_RETURN(const auto embedding, options.text ? model.embed_text({&*options.text, 1})
                                                      : embed_image(model, *options.image_path));
  const JsonValue::Array numbers(embedding.begin(), embedding.end());
  if (options.json) {
    std::cout << dump_json(JsonValue{{"embedding", numbers}}) << '\n';
  } else {
    for (const JsonValue& number : numbers) std::cout << dump_json(number) << '\n';
  }
  return 0;
}

}  // namespace sightline
