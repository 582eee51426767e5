#pragma once

#include <optional>
#include <string>

#include "indexer/models/onnx_session.h"
#include "native/base/result.h"

namespace sightline {

// sightline embed --model M (--text T | --image F) [--json]
struct EmbedOptions {
  std::string model;  // a name or folder; empty: the default model
  std::optional<std::string> text;
  std::optional<std::string> image_path;  // its centre square is embedded
  bool json = false;
  OnnxOptions onnx;
};

// Prints the unit vector: {"embedding": [...]} or one number a line. Returns the exit code.
Result<int> run_embed(const EmbedOptions& options);

}  // namespace sightline
