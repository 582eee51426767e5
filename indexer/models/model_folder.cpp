#include "indexer/models/model_folder.h"

#include <algorithm>
#include <filesystem>

#include "indexer/base/file_io.h"
#include "indexer/base/json.h"
#include "indexer/models/preprocessor_config.h"

namespace sightline {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxConfigBytes = size_t{4} << 20;
constexpr int64_t kMaxDim = 65'536;
constexpr size_t kMaxNetworkBytes = size_t{2} << 30;  // of protobuf

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

Error about(const fs::path& path, const std::string& message) {
  return model_error(path.string() + ": " + message);
}

fs::path own_name(const fs::path& path) {
  std::error_code failed;
  const fs::path real = fs::weakly_canonical(path / ".", failed);
  return (failed ? path : real).filename();
}

// The first of role.onnx, role_quantized.onnx, ... in onnx/ or in the folder itself.
std::string find_network(const fs::path& folder, const std::string& role) {
  for (const char* variant :
       {"", "_fp16", "_quantized", "_int8", "_uint8", "_q4", "_q4f16", "_bnb4"}) {
    for (const fs::path& place : {folder / "onnx", folder}) {
      const fs::path path = place / (role + variant + ".onnx");
      if (is_file(path)) return path.string();
    }
  }
  return {};
}

std::vector<std::string> networks_in(const fs::path& folder) {
  std::vector<std::string> paths;
  for (const fs::path& place : {folder / "onnx", folder}) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(place, ignored)) {
      if (entry.path().extension() == ".onnx") paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<JsonValue> read_config(const fs::path& path) {
  ASSIGN_OR_RETURN(const auto text, read_text_file(path.string(), kMaxConfigBytes));
  auto json = parse_json(text);
  if (!json) return about(path, json.error().message);
  if (!json->is_object()) return about(path, "not a JSON object");
  return std::move(*json);
}

// A file named by model.json; it must lie inside the folder.
Result<ModelFile> declared_file(const fs::path& folder, const JsonValue& role) {
  const auto name = role.string_at("path");
  if (!name) return about(folder / "model.json", "a file of 'files' has no 'path'");
  const fs::path relative = fs::path(*name).lexically_normal();
  if (relative.is_absolute() || relative.empty() || *relative.begin() == "..") {
    return about(folder / "model.json",
                 "the file '" + *name + "' is not inside the model's folder");
  }
  if (!is_file(folder / relative))
    return about(folder / relative, "named by model.json but missing");
  return ModelFile{(folder / relative).string(), role.string_at("sha256").value_or(""),
                   role.string_at("input").value_or(""), role.string_at("output").value_or("")};
}

Result<ModelFile> network_file(const fs::path& folder, const JsonValue& description,
                               const std::string& role, const std::string& file_name) {
  const JsonValue* files = description.find("files");
  const JsonValue* declared = files != nullptr ? files->find(role) : nullptr;
  if (declared != nullptr) return declared_file(folder, *declared);
  return ModelFile{find_network(folder, file_name), {}, {}, {}};
}

Result<void> read_clip(const fs::path& folder, const JsonValue& description, ModelFolder& model) {
  model.kind = ModelKind::kClip;
  ASSIGN_OR_RETURN(model.clip.text, network_file(folder, description, "text", "text_model"));
  ASSIGN_OR_RETURN(model.clip.vision, network_file(folder, description, "vision", "vision_model"));
  model.clip.vocab_path = (folder / "vocab.json").string();
  model.clip.merges_path = (folder / "merges.txt").string();
  const fs::path config = folder / "preprocessor_config.json";
  std::string missing;
  if (model.clip.text.path.empty()) missing += " onnx/text_model.onnx";
  if (model.clip.vision.path.empty()) missing += " onnx/vision_model.onnx";
  for (const char* name : {"vocab.json", "merges.txt", "preprocessor_config.json"}) {
    if (!is_file(folder / name)) missing += std::string(" ") + name;
  }
  if (!missing.empty()) {
    return about(folder, "not a whole CLIP model; missing:" + missing +
                             "; export it in the Hugging Face layout");
  }
  ASSIGN_OR_RETURN(const auto json, read_config(config));
  auto preprocessing = parse_preprocessor_config(json);
  if (!preprocessing) return about(config, preprocessing.error().message);
  model.clip.preprocessing = *preprocessing;
  return {};
}

Result<DetectorLayout> parse_layout(const std::string& name) {
  if (name.empty()) return DetectorLayout::kAuto;
  if (name == "yolox") return DetectorLayout::kYolox;
  if (name == "yolox-decoded") return DetectorLayout::kYoloxDecoded;
  if (name == "yolov8") return DetectorLayout::kYolov8;
  return model_error("the layout '" + name + "' is not known; yolox, yolox-decoded and yolov8 are");
}

Result<void> read_detector(const fs::path& folder, const JsonValue& description,
                           ModelFolder& model) {
  model.kind = ModelKind::kDetector;
  DetectorFiles& detector = model.detector;
  ASSIGN_OR_RETURN(detector.network, network_file(folder, description, "detector", "model"));
  if (detector.network.path.empty()) {
    const auto networks = networks_in(folder);
    if (networks.size() != 1) {
      return about(folder, "holds " + std::to_string(networks.size()) +
                               " .onnx files and no model.json that says which is the detector");
    }
    detector.network.path = networks.front();
  }
  ASSIGN_OR_RETURN(detector.layout, parse_layout(description.string_at("layout").value_or("")));
  if (const JsonValue* names = description.find("class_names")) {
    for (const JsonValue& name : names->items())
      detector.class_names.push_back(name.as_string().value_or("?"));
  }
  detector.pixel_order = description.string_at("pixel_order").value_or("");
  if (!detector.pixel_order.empty() && detector.pixel_order != "rgb" &&
      detector.pixel_order != "bgr") {
    return about(folder / "model.json",
                 "pixel_order is '" + detector.pixel_order + "'; rgb and bgr are known");
  }
  if (const JsonValue* range = description.find("pixel_range")) {
    const auto last = range->is_array() && !range->items().empty()
                          ? range->items().back().as_double()
                          : range->as_double();
    if (last != 1.0 && last != 255.0) {
      return about(folder / "model.json", "pixel_range is neither [0, 1] nor [0, 255]");
    }
    detector.pixel_max = static_cast<float>(*last);
  }
  const auto size_px = description.int_at("input_size_px").value_or(0);
  if (size_px < 0 || size_px > 8192 || size_px % 32 != 0) {
    return about(folder / "model.json", "input_size_px is " + std::to_string(size_px) +
                                            "; a multiple of 32 up to 8192 is needed");
  }
  detector.input_size_px = static_cast<uint32_t>(size_px);
  detector.nms_iou =
      static_cast<float>(description.double_at("nms_iou").value_or(detector.nms_iou));
  return {};
}

}  // namespace

const char* model_kind_name(ModelKind kind) {
  return kind == ModelKind::kClip ? "clip" : "detector";
}

Result<ModelFolder> open_model_folder(const std::string& path) {
  const fs::path folder = fs::path(path).lexically_normal();
  ModelFolder model;
  model.path = path;
  if (is_file(folder)) {
    if (folder.extension() != ".onnx") {
      return about(folder, "not a model; give a model's folder or a detector's .onnx file");
    }
    model.id = folder.stem().string();
    model.kind = ModelKind::kDetector;
    model.detector.network.path = path;
    return model;
  }
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    return not_found("there is no model at " + path +
                     "; give a model's folder or name ('sightline models list')");
  }
  JsonValue description{JsonValue::Object{}};
  if (is_file(folder / "model.json")) {
    ASSIGN_OR_RETURN(description, read_config(folder / "model.json"));
  }
  model.id = description.string_at("id").value_or(own_name(folder).string());
  model.licence = description.string_at("licence").value_or("");
  const auto dim = description.int_at("dim").value_or(0);
  if (dim < 0 || dim > kMaxDim)
    return about(folder / "model.json", "dim is " + std::to_string(dim));
  model.dim = static_cast<uint32_t>(dim);

  auto kind = description.string_at("kind").value_or("");
  if (kind.empty()) {
    const bool has_clip_part = is_file(folder / "vocab.json") ||
                               !find_network(folder, "text_model").empty() ||
                               !find_network(folder, "vision_model").empty();
    kind = !has_clip_part && !networks_in(folder).empty() ? "detector" : "clip";
  }
  if (kind == "clip") {
    RETURN_IF_ERROR(read_clip(folder, description, model));
  } else if (kind == "detector") {
    RETURN_IF_ERROR(read_detector(folder, description, model));
  } else {
    return about(folder / "model.json", "kind is '" + kind + "'; clip and detector are known");
  }
  return model;
}

Result<ModelBytes> read_model_file(const ModelFile& file) {
  ModelBytes model;
  ASSIGN_OR_RETURN(model.bytes, read_file(file.path, kMaxNetworkBytes));
  model.sha256 = to_hex(sha256(model.bytes));
  if (!file.sha256.empty() && file.sha256 != model.sha256) {
    return about(file.path, "the sha256 is " + model.sha256 + ", model.json says " + file.sha256 +
                                "; fetch the model again");
  }
  return model;
}

Error wrong_kind(const ModelFolder& folder, ModelKind wanted) {
  if (wanted == ModelKind::kClip) {
    return about(folder.path, "this is a detector, not a CLIP model; pass it with --detector");
  }
  return about(folder.path, "this is a CLIP model, not a detector; pass it with --model");
}

}  // namespace sightline
