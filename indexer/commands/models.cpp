#include "indexer/commands/models.h"

#include <filesystem>
#include <iostream>

#include "indexer/base/json.h"
#include "indexer/models/clip_model.h"
#include "indexer/models/detector.h"
#include "indexer/models/model_registry.h"

namespace sightline {
namespace {

JsonValue text_or_null(const std::string& text) {
  return text.empty() ? JsonValue() : JsonValue(text);
}

JsonValue listing(const ListedModel& model) {
  const ModelFolder& folder = model.folder;
  const bool is_usable = model.problem.empty();
  return JsonValue{{"id", folder.id},
                   {"kind", is_usable ? JsonValue(model_kind_name(folder.kind)) : JsonValue()},
                   {"dim", folder.dim != 0 ? JsonValue(folder.dim) : JsonValue()},
                   {"licence", text_or_null(folder.licence)},
                   {"path", folder.path},
                   {"embedded", model.is_embedded},
                   {"problem", text_or_null(model.problem)}};
}

std::string plain(const JsonValue& value) { return value.as_string().value_or(dump_json(value)); }

void print_members(const JsonValue& object, const char* separator) {
  const char* before = "";
  for (const auto& [name, value] : object.members()) {
    if (value.is_null()) continue;
    std::cout << before << name << ": " << plain(value);
    before = separator;
  }
  std::cout << '\n';
}

Result<JsonValue> check_clip(const ModelFolder& folder, const OnnxOptions& onnx) {
  ASSIGN_OR_RETURN(const auto model, ClipModel::load(folder, {onnx}));
  const std::string sample = "a photo";
  RETURN_IF_ERROR(model.embed_text({&sample, 1}));
  const size_t side_px = model.image_size_px();
  RETURN_IF_ERROR(model.embed_pixels(std::vector<float>(3 * side_px * side_px, 0.25f)));
  return JsonValue{{"id", model.id()},
                   {"kind", "clip"},
                   {"dim", model.dim()},
                   {"image_size_px", model.image_size_px()},
                   {"context_length", model.tokenizer().context_length()},
                   {"batch_size", model.batch_size()},
                   {"licence", text_or_null(folder.licence)},
                   {"text_path", folder.clip.text.path},
                   {"text_sha256", model.text_sha256()},
                   {"vision_path", folder.clip.vision.path},
                   {"vision_sha256", model.vision_sha256()},
                   {"device", model.device()},
                   {"device_note", text_or_null(model.device_note())}};
}

Result<JsonValue> check_detector(const ModelFolder& folder, const OnnxOptions& onnx) {
  ASSIGN_OR_RETURN(const auto detector, Detector::load(folder, onnx));
  const auto& names = detector.class_names();
  return JsonValue{{"id", detector.id()},
                   {"kind", "detector"},
                   {"summary", detector.summary()},
                   {"class_names", JsonValue::Array(names.begin(), names.end())},
                   {"licence", text_or_null(folder.licence)},
                   {"path", folder.detector.network.path},
                   {"sha256", detector.sha256()},
                   {"device", detector.session().device()},
                   {"device_note", text_or_null(detector.session().device_note())}};
}

Result<JsonValue> check(const ModelsCheckOptions& options) {
  std::string path = options.model;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    for (const ListedModel& model : list_models()) {
      const auto name = std::filesystem::path(model.folder.path).filename();
      if (model.folder.id == options.model || name == options.model) path = model.folder.path;
    }
  }
  ASSIGN_OR_RETURN(const auto folder, open_model_folder(path));
  return folder.kind == ModelKind::kClip ? check_clip(folder, options.onnx)
                                         : check_detector(folder, options.onnx);
}

}  // namespace

Result<int> run_models_list(const ModelsListOptions& options) {
  JsonValue::Array models;
  for (const ListedModel& model : list_models()) models.push_back(listing(model));
  if (options.json) {
    std::cout << dump_json(JsonValue{{"models", std::move(models)}}) << '\n';
    return 0;
  }
  for (const JsonValue& model : models) print_members(model, "  ");
  if (models.empty())
    std::cerr << "no models in " << user_models_folder() << " or " << embedded_models_folder()
              << '\n';
  return 0;
}

Result<int> run_models_check(const ModelsCheckOptions& options) {
  const auto report = check(options);
  if (!report) return model_error(report.error().message);
  if (options.json) {
    std::cout << dump_json(*report) << '\n';
  } else {
    print_members(*report, "\n");
  }
  return 0;
}

}  // namespace sightline
