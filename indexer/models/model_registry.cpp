#include "indexer/models/model_registry.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "indexer/models/model_catalogue.h"

namespace sightline {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

const char* default_id(ModelKind kind) {
  return kind == ModelKind::kClip ? "clip-vit-base-patch32" : "yolox-nano";
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

void append_models(const std::string& root, bool is_embedded, std::vector<ListedModel>& models) {
  std::vector<std::string> paths;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(root, ignored)) {
    const bool is_hidden = entry.path().filename().string().starts_with('.');
    if (!is_hidden && is_folder(entry.path())) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    auto folder = open_model_folder(path);
    ListedModel model{{}, is_embedded, folder ? "" : folder.error().message};
    if (folder) model.folder = std::move(*folder);
    model.folder.path = path;
    if (!folder) model.folder.id = fs::path(path).filename().string();
    models.push_back(std::move(model));
  }
}

Result<ListedModel> checked(ListedModel model, ModelKind kind) {
  if (!model.problem.empty()) return model_error(model.problem);
  if (model.folder.kind != kind) return wrong_kind(model.folder, kind);
  return model;
}

bool has_name(const ListedModel& model, const std::string& name) {
  return model.folder.id == name || fs::path(model.folder.path).filename() == name;
}

bool is_fetchable(const std::string& name, ModelKind kind) {
  const auto catalogue = builtin_catalogue();
  return std::any_of(catalogue.begin(), catalogue.end(), [&](const CatalogueModel& model) {
    return model.name == name && model.kind == model_kind_name(kind);
  });
}

Error unknown_model(const std::string& name, ModelKind kind,
                    const std::vector<ListedModel>& models) {
  std::string known;
  for (const ListedModel& model : models) {
    if (model.problem.empty() && model.folder.kind == kind)
      known += (known.empty() ? "" : ", ") + model.folder.id;
  }
  const std::string fetched = is_fetchable(name, kind) ? name : default_id(kind);
  return not_found("there is no " + std::string(kind == ModelKind::kClip ? "model" : "detector") +
                   (name.empty() ? "" : " '" + name + "'") + " here; run 'sightline models fetch " +
                   fetched + "' or give a folder" + (known.empty() ? "" : " or one of: " + known));
}

}  // namespace

std::string user_models_folder() {
  if (const auto path = variable("SIGHTLINE_MODELS"); !path.empty()) return path;
  if (const auto cache = variable("XDG_CACHE_HOME"); !cache.empty())
    return cache + "/sightline/models";
  if (const auto home = variable("HOME"); !home.empty()) return home + "/.cache/sightline/models";
  return {};
}

std::string embedded_models_folder() {
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  const fs::path shared = program.parent_path().parent_path() / "share/sightline/models";
  if (!failed && is_folder(shared)) return shared.string();
  return SIGHTLINE_SOURCE_DIR "/datasets/streets/models";
}

std::vector<ListedModel> list_models() {
  std::vector<ListedModel> models;
  append_models(user_models_folder(), false, models);
  append_models(embedded_models_folder(), true, models);
  return models;
}

Result<ListedModel> find_model(const std::string& name, ModelKind kind) {
  std::error_code ignored;
  if (!name.empty() && (fs::exists(name, ignored) || name.find('/') != std::string::npos)) {
    ASSIGN_OR_RETURN(auto folder, open_model_folder(name));
    return checked({std::move(folder), false, {}}, kind);
  }
  auto models = list_models();
  if (!name.empty()) {
    const auto found = std::find_if(models.begin(), models.end(), [&](const ListedModel& model) {
      return has_name(model, name);
    });
    if (found == models.end()) return unknown_model(name, kind, models);
    return checked(std::move(*found), kind);
  }
  const auto is_usable = [&](const ListedModel& model) {
    return model.problem.empty() && model.folder.kind == kind;
  };
  auto chosen = std::find_if(models.begin(), models.end(), [&](const ListedModel& model) {
    return is_usable(model) && has_name(model, default_id(kind));
  });
  if (chosen == models.end()) chosen = std::find_if(models.begin(), models.end(), is_usable);
  if (chosen == models.end()) return unknown_model(name, kind, models);
  return std::move(*chosen);
}

Result<std::string> find_tokenizer_folder(const std::string& name) {
  if (!name.empty() && is_folder(name)) return name;
  ASSIGN_OR_RETURN(auto model, find_model(name, ModelKind::kClip));
  return model.folder.path;
}

}  // namespace sightline
