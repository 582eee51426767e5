#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "native/base/result.h"

namespace sightline {

struct OnnxFacts {
  size_t node_count = 0;  // over all subgraphs
  // Activations are quantised by the range of the whole batch, so a result depends on its
  // neighbours.
  bool quantizes_dynamically = false;
};

// Reads an ONNX file as the protobuf wire format alone (onnx.proto3), before ONNX Runtime sees it.
//
// Errors, all kModel: broken or truncated protobuf, no graph, tensors stored outside the file
// (ONNX Runtime would open paths the model names), operators outside the standard domains and
// ONNX Runtime's own, functions defined in the file, nesting or node counts no real model has.
// Allocates nothing.
Result<OnnxFacts> check_onnx(std::span<const uint8_t> bytes);

}  // namespace sightline
