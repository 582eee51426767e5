#pragma once

#include <optional>
#include <string>
#include <vector>

#include "indexer/models/onnx_session.h"
#include "native/base/result.h"

namespace sightline {

// What computes a text's embedding: ONNX Runtime from the model's file, or the core from the model
// packed (kept in the user's cache folder).
enum class TextEncoderKind : uint8_t { kOnnxRuntime, kPacked };

// sightline embed --model M (--text T... | --image F) [--encoder ort|packed] [--json]
struct EmbedOptions {
  std::string model;  // a name or folder; empty: the default model
  std::vector<std::string> texts;
  TextEncoderKind encoder = TextEncoderKind::kOnnxRuntime;
  std::optional<std::string> image_path;  // its centre square is embedded
  bool json = false;
  OnnxOptions onnx;
};

// Prints the unit vector: {"embedding": [...]} (of several texts a line each), or one number a
// line. Returns the exit code.
Result<int> run_embed(const EmbedOptions& options);

}  // namespace sightline
