#pragma once

#include <string>

#include "indexer/models/onnx_session.h"
#include "native/base/result.h"

namespace sightline {

// sightline models list [--json]: the installed and embedded models with id, kind, dimension,
// licence and path; a folder that is no usable model is listed with its problem.
struct ModelsListOptions {
  bool json = false;
};
Result<int> run_models_list(const ModelsListOptions& options);

// sightline models check DIR [--json]: loads a model, runs each of its networks once and says what
// it is, with the SHA-256 of its files. Every failure is kModel.
struct ModelsCheckOptions {
  std::string model;
  bool json = false;
  OnnxOptions onnx;
};
Result<int> run_models_check(const ModelsCheckOptions& options);

}  // namespace sightline
