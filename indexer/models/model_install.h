#pragma once

#include <string>

#include "indexer/models/model_catalogue.h"
#include "native/base/result.h"

namespace sightline {

// What is in a folder where a model of the catalogue would be installed.
enum class InstalledState : uint8_t {
  kAbsent,
  kForeign,   // something that was not fetched
  kDamaged,   // fetched, but with other bytes than wanted
  kVerified,  // every file has the wanted bytes
};
struct InstalledModel {
  InstalledState state = InstalledState::kAbsent;
  std::string problem;  // of kDamaged
};

// Compares a folder with a model, reading every file. Files whose hash the catalogue does not know
// take the one that was recorded when they were first fetched: model gets it.
InstalledModel inspect_installed(const std::string& folder, CatalogueModel& model);

// Writes our own small files and model.json beside the fetched files of a model.
Result<void> describe_model(const std::string& folder, const CatalogueModel& model,
                            const std::string& fetched_from);

// Puts the finished folder in the place of installed, which may exist. Both are on one file system.
Result<void> put_in_place(const std::string& finished, const std::string& installed);

}  // namespace sightline
