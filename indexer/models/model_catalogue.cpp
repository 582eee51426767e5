#include "indexer/models/model_catalogue.h"

#include <algorithm>

#include "indexer/base/file_names.h"
#include "native/base/sha256.h"

namespace sightline {
namespace {

constexpr const char* kHub = "https://huggingface.co/";
// The hub's revisions of the repositories below.
constexpr const char* kBase32Revision = "d15189d7028b43f1d3e65039190477f6af591c2a";
constexpr const char* kBase16Revision = "342fdf2f67aded64d138ff074745fb4a5d2bba5f";
constexpr const char* kLarge14Revision = "c307790166907339eed5a9a53a249af534102536";
constexpr const char* kYoloxRevision = "3d4f1119d0694200671c08069ecb847aa0d8495a";
constexpr const char* kYolov8Revision = "9e0af089be9c2f172e4fd9b724805f8b6514854e";

std::string hub_address(const std::string& repository, const std::string& revision) {
  return kHub + repository + "/resolve/" + revision + "/";
}

// All of OpenAI's CLIP models share one vocabulary, image size and normalisation.
CatalogueModel clip(const std::string& name, const std::string& revision, int dim,
                    CatalogueFile text, CatalogueFile vision) {
  const std::string vocabulary = hub_address("Xenova/clip-vit-base-patch32", kBase32Revision);
  CatalogueModel model;
  model.name = name;
  model.kind = "clip";
  model.licence = "MIT";
  model.upstream = "Xenova/" + name;
  model.revision = revision;
  model.base_url = hub_address(model.upstream, revision);
  model.files = {std::move(text), std::move(vision),
                 CatalogueFile{"vocab", "vocab.json", vocabulary + "vocab.json", 862'328,
                               "5047b556ce86ccaf6aa22b3ffccfc52d391ea4accdab9c2f2407da5b742d4363"},
                 CatalogueFile{"merges", "merges.txt", vocabulary + "merges.txt", 524'619,
                               "9fd691f7c8039210e0fced15865466c65820d09b63988b0174bfe25de299051a"}};
  const JsonValue mean = JsonValue::Array{0.48145466, 0.4578275, 0.40821073};
  const JsonValue std = JsonValue::Array{0.26862954, 0.26130258, 0.27577711};
  constexpr int kBicubic = 3;
  const JsonValue preprocessing{
      {"do_resize", true}, {"size", 224},          {"resample", kBicubic}, {"do_center_crop", true},
      {"crop_size", 224},  {"do_normalize", true}, {"image_mean", mean},   {"image_std", std}};
  const JsonValue config{{"model_type", "clip"}, {"projection_dim", dim}};
  model.written = JsonValue{{"preprocessor_config.json", preprocessing}, {"config.json", config}};
  model.description = JsonValue{{"dim", dim}};
  return model;
}

CatalogueModel detector(const std::string& name, const std::string& upstream,
                        const std::string& revision, const std::string& base_url,
                        CatalogueFile network) {
  CatalogueModel model;
  model.name = name;
  model.kind = "detector";
  model.upstream = upstream;
  model.revision = revision;
  model.base_url = base_url;
  model.files = {std::move(network)};
  return model;
}

CatalogueFile file(const std::string& role, const std::string& path, uint64_t bytes,
                   const std::string& sha256) {
  return {role, path, path, bytes, sha256};
}

bool is_simple_name(const std::string& name) {
  return is_object_name(name) && name.find('/') == std::string::npos;
}

Result<CatalogueFile> parse_file(const JsonMember& member, const std::string& model) {
  const std::string where = "the catalogue's file '" + member.name + "' of model '" + model + "'";
  CatalogueFile file;
  file.role = member.name;
  file.path = member.value.string_at("path").value_or("");
  if (!is_object_name(file.path) || file.path == "model.json") {
    return invalid_argument(where + " has the path '" + file.path +
                            "', expected parts of a-z, 0-9, '.', '_' and '-' between slashes");
  }
  file.source = member.value.string_at("source").value_or(file.path);
  const int64_t bytes = member.value.int_at("bytes").value_or(0);
  if (bytes < 0) return invalid_argument(where + " has a negative size");
  file.bytes = static_cast<uint64_t>(bytes);
  file.sha256 = member.value.string_at("sha256").value_or("");
  if (!file.sha256.empty() && !digest_from_hex(file.sha256)) {
    return invalid_argument(where + " has the sha256 '" + file.sha256 +
                            "', expected 64 lower-case hexadecimal digits");
  }
  return file;
}

Result<CatalogueModel> parse_model(const JsonMember& member) {
  const std::string where = "the catalogue's model '" + member.name + "'";
  const JsonValue& json = member.value;
  CatalogueModel model;
  model.name = member.name;
  if (!is_simple_name(model.name))
    return invalid_argument(where + " has a name that is not of a-z, 0-9, '.', '_' and '-'");
  model.kind = json.string_at("kind").value_or("");
  if (model.kind != "clip" && model.kind != "detector")
    return invalid_argument(where + " has the kind '" + model.kind +
                            "', expected clip or detector");
  model.licence = json.string_at("licence").value_or("");
  model.base_url = json.string_at("base_url").value_or("");
  if (model.licence.empty() || model.base_url.empty())
    return invalid_argument(where + " needs a licence and a base_url");
  if (!model.base_url.ends_with('/')) model.base_url += '/';
  model.licence_note = json.string_at("licence_note").value_or("");
  model.upstream = json.string_at("upstream").value_or(model.base_url);
  model.revision = json.string_at("revision").value_or("");
  if (const JsonValue* files = json.find("files")) {
    for (const JsonMember& entry : files->members()) {
      ASSIGN_OR_RETURN(auto file, parse_file(entry, model.name));
      model.files.push_back(std::move(file));
    }
  }
  if (model.files.empty()) return invalid_argument(where + " names no files");
  if (const JsonValue* written = json.find("written")) model.written = *written;
  for (const JsonMember& document : model.written.members()) {
    if (!is_simple_name(document.name) || document.name == "model.json")
      return invalid_argument(where + " writes '" + document.name +
                              "', which is no plain file name");
  }
  if (const JsonValue* description = json.find("description")) model.description = *description;
  return model;
}

}  // namespace

std::vector<CatalogueModel> builtin_catalogue() {
  std::vector<CatalogueModel> models;
  models.push_back(clip("clip-vit-base-patch32", kBase32Revision, 512,
                        file("text", "onnx/text_model_quantized.onnx", 64'504'507,
                             "73baab855d406190da9faa498cfedf65f15cf309f4cc7385b7b032e6d08e5c3a"),
                        file("vision", "onnx/vision_model.onnx", 351'685'709,
                             "fd6e1402a588279d1723c7534d4bcba5bc0b14b47dfab0e46f8c47b8270d7d40")));
  models.push_back(clip("clip-vit-base-patch16", kBase16Revision, 512,
                        file("text", "onnx/text_model_quantized.onnx", 64'504'507,
                             "9106b51e6c663a56b99182ec617c2b3d53577b037e7e24a7717eb78048a0c97a"),
                        file("vision", "onnx/vision_model.onnx", 345'060'583,
                             "b5170b47c0ecc667c9af5b42ed460c341377706d1466d177798c65fe49ea1e6b")));
  models.push_back(clip("clip-vit-large-patch14", kLarge14Revision, 768,
                        file("text", "onnx/text_model.onnx", 0, ""),
                        file("vision", "onnx/vision_model.onnx", 1'216'438'437,
                             "ff49f8aa57c7abfd26e382eb083e4dbf988505223a9bd3767dbfd4e729206709")));

  const std::string yolox = "Kazuhito00/YOLOX-ONNX-TFLite-Sample";
  models.push_back(
      detector("yolox-nano", yolox, kYoloxRevision,
               "https://raw.githubusercontent.com/" + yolox + "/" + kYoloxRevision + "/model/",
               file("detector", "yolox_nano.onnx", 3'660'092,
                    "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14")));
  models.back().licence = "Apache-2.0";

  models.push_back(detector(
      "yolov8n", "Kalray/yolov8", kYolov8Revision, hub_address("Kalray/yolov8", kYolov8Revision),
      file("detector", "yolov8n.onnx", 0,
           "65158dad735be799c2466fa15e260c09558080bd530b42a8d0c3d1b419afd8b5")));
  models.back().licence = "AGPL-3.0";
  models.back().licence_note =
      "Ultralytics' weights are under the AGPL-3.0, which also covers what is offered over a "
      "network with them; yolox-nano is under the Apache-2.0";
  models.back().description = JsonValue{{"layout", "yolov8"}};
  return models;
}

Result<std::vector<CatalogueModel>> parse_catalogue(std::string_view json) {
  const auto document = parse_json(json);
  if (!document) return invalid_argument("the catalogue is no JSON: " + document.error().message);
  const JsonValue* entries = document->find("models");
  if (entries == nullptr || !entries->is_object())
    return invalid_argument("the catalogue has no object 'models'");
  std::vector<CatalogueModel> models;
  for (const JsonMember& entry : entries->members()) {
    ASSIGN_OR_RETURN(auto model, parse_model(entry));
    models.push_back(std::move(model));
  }
  return models;
}

Result<CatalogueModel> find_in_catalogue(const std::vector<CatalogueModel>& catalogue,
                                         const std::string& name) {
  std::string known;
  for (const CatalogueModel& model : catalogue) {
    if (model.name == name) return model;
    known += (known.empty() ? "" : ", ") + model.name;
  }
  return invalid_argument("there is no model '" + name + "' to fetch; known are: " + known);
}

}  // namespace sightline
