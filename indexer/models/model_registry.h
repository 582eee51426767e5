#pragma once

#include <string>
#include <vector>

#include "indexer/models/model_folder.h"
#include "native/base/result.h"

namespace sightline {

// Where models fetched by the user live: $SIGHTLINE_MODELS, else sightline/models in the user's
// cache folder ($XDG_CACHE_HOME or ~/.cache). Empty where none of them is set.
std::string user_models_folder();

// The models that come with the program: share/sightline/models beside its bin folder, else
// datasets/streets/models of the source tree. They know only rendered streets.
std::string embedded_models_folder();

// For people who use an embedded model without having asked for it.
inline constexpr const char* kEmbeddedModelWarning =
    "warning: no real model is installed; the embedded one knows only rendered streets "
    "(install one with 'sightline models fetch clip-vit-base-patch32')";

// For visitors of a site that was built with one.
inline constexpr const char* kEmbeddedModelNotice =
    "This collection was indexed with the small model that comes with Sightline. It knows only "
    "rendered streets: vehicles, people, colours, weather and time of day.";

struct ListedModel {
  ModelFolder folder;
  bool is_embedded = false;
  std::string problem;  // why the folder is not usable, or empty
};

// The user's models and then the embedded ones, each by name.
std::vector<ListedModel> list_models();

// A path to a model, else the id or folder name of a listed one. An empty name means the default:
// CLIP ViT-B/32 or YOLOX-nano where installed, else the first installed of that kind, else the
// embedded one.
// Errors: kNotFound with the known names; kModel for a broken folder or one of another kind.
Result<ListedModel> find_model(const std::string& name, ModelKind kind);

// The folder of a model's tokenizer: as find_model, but vocab.json and merges.txt are enough.
Result<std::string> find_tokenizer_folder(const std::string& name);

}  // namespace sightline
