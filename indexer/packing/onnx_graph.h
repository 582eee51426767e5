#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "native/base/result.h"

namespace sightline {

// A constant of a graph. Values of every type are held as float32; what is counted or named by
// them (axes, sizes) is far below 2^24.
struct OnnxTensor {
  std::vector<int64_t> shape;
  std::vector<float> values;  // row-major
  bool is_integer = false;
};
using OnnxTensorPtr = std::shared_ptr<const OnnxTensor>;

struct OnnxGraph;

struct OnnxAttribute {
  int64_t integer = 0;
  float number = 0;
  std::string text;
  std::vector<int64_t> integers;
  OnnxTensorPtr tensor;
  std::shared_ptr<const OnnxGraph> graph;  // of a branch
};

struct OnnxNode {
  std::string op;
  std::vector<std::string> inputs;  // an input that is left out has an empty name
  std::vector<std::string> outputs;
  std::map<std::string, OnnxAttribute> attributes;

  int64_t integer(const std::string& name, int64_t otherwise) const;
  float number(const std::string& name, float otherwise) const;
};

// A network as its file describes it: nodes in an order in which each comes after its inputs.
struct OnnxGraph {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<OnnxNode> nodes;
  std::map<std::string, OnnxTensorPtr> constants;
};

// Errors: kModel, naming the file. The bytes pass check_onnx first.
Result<OnnxGraph> read_onnx_graph(std::span<const uint8_t> bytes, const std::string& title);

}  // namespace sightline
