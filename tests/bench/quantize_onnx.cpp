// quantize_onnx IN OUT: rewrites the products of a network with constant matrices as ONNX Runtime's
// dynamic quantization does: activations to uint8 by the range of each run, weights to int8 by
// their own. For a fair opponent of the packed text encoder.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "native/base/half.h"

namespace {

using onnx::GraphProto;
using onnx::NodeProto;
using onnx::TensorProto;

struct Matrix {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<float> values;  // row-major
};

Matrix read_matrix(const TensorProto& tensor) {
  Matrix matrix{tensor.dims(0), tensor.dims(1), {}};
  const std::string& raw = tensor.raw_data();
  matrix.values.resize(static_cast<size_t>(matrix.rows * matrix.columns));
  for (size_t i = 0; i < matrix.values.size(); ++i) {
    if (tensor.data_type() == TensorProto::FLOAT16) {
      uint16_t half;
      std::memcpy(&half, raw.data() + 2 * i, 2);
      matrix.values[i] = sightline::half_to_float(half);
    } else {
      std::memcpy(&matrix.values[i], raw.data() + 4 * i, 4);
    }
  }
  return matrix;
}

Matrix transpose(const Matrix& matrix) {
  Matrix result{matrix.columns, matrix.rows, std::vector<float>(matrix.values.size())};
  for (int64_t row = 0; row < matrix.rows; ++row) {
    for (int64_t column = 0; column < matrix.columns; ++column) {
      result.values[static_cast<size_t>(column * matrix.rows + row)] =
          matrix.values[static_cast<size_t>(row * matrix.columns + column)];
    }
  }
  return result;
}

class Quantizer {
 public:
  explicit Quantizer(GraphProto& graph) : graph_(graph) {
    for (const auto& tensor : graph.initializer()) initializers_[tensor.name()] = &tensor;
    for (const auto& node : graph.node()) {
      for (const auto& output : node.output()) producers_[output] = &node;
    }
  }

  int run() {
    const auto old_nodes = graph_.node();
    std::vector<NodeProto> nodes;
    std::vector<TensorProto> weights;
    int count = 0;
    for (const auto& node : old_nodes) {
      Matrix matrix;
      if (node.op_type() != "MatMul" || !constant(node.input(1), matrix)) {
        nodes.push_back(node);
        continue;
      }
      ++count;
      const std::string name = node.output(0) + "_int8";
      weights.push_back(quantized(name, matrix));
      weights.push_back(scale(name, matrix));
      append(nodes, "DynamicQuantizeLinear", {node.input(0)},
             {name + "_x", name + "_x_scale", name + "_x_zero"});
      append(nodes, "MatMulInteger", {name + "_x", name, name + "_x_zero"}, {name + "_sums"});
      auto* to = append(nodes, "Cast", {name + "_sums"}, {name + "_floats"}).add_attribute();
      to->set_name("to");
      to->set_type(onnx::AttributeProto::INT);
      to->set_i(TensorProto::FLOAT);
      append(nodes, "Mul", {name + "_x_scale", name + "_scale"}, {name + "_scales"});
      append(nodes, "Mul", {name + "_floats", name + "_scales"}, {node.output(0)});
    }
    graph_.clear_node();
    for (auto& node : nodes) *graph_.add_node() = std::move(node);
    for (auto& tensor : weights) *graph_.add_initializer() = std::move(tensor);
    return count;
  }

 private:
  bool constant(const std::string& name, Matrix& matrix) const {
    if (const auto found = initializers_.find(name); found != initializers_.end()) {
      if (found->second->dims_size() != 2) return false;
      matrix = read_matrix(*found->second);
      return true;
    }
    const auto producer = producers_.find(name);
    if (producer == producers_.end()) return false;
    const NodeProto& node = *producer->second;
    if (node.op_type() == "Cast") return constant(node.input(0), matrix);
    if (node.op_type() != "Transpose" || !constant(node.input(0), matrix)) return false;
    matrix = transpose(matrix);
    return true;
  }

  static float step_of(const Matrix& matrix) {
    float largest = 0;
    for (const float value : matrix.values) largest = std::max(largest, std::abs(value));
    return largest / 127;
  }

  static TensorProto quantized(const std::string& name, const Matrix& matrix) {
    TensorProto tensor;
    tensor.set_name(name);
    tensor.set_data_type(TensorProto::INT8);
    tensor.add_dims(matrix.rows);
    tensor.add_dims(matrix.columns);
    const float step = step_of(matrix);
    std::string raw;
    for (const float value : matrix.values) {
      raw += static_cast<char>(static_cast<int8_t>(std::lround(value / step)));
    }
    tensor.set_raw_data(raw);
    return tensor;
  }
  static TensorProto scale(const std::string& name, const Matrix& matrix) {
    TensorProto tensor;
    tensor.set_name(name + "_scale");
    tensor.set_data_type(TensorProto::FLOAT);
    tensor.add_float_data(step_of(matrix));
    return tensor;
  }

  static NodeProto& append(std::vector<NodeProto>& nodes, const std::string& op,
                           const std::vector<std::string>& inputs,
                           const std::vector<std::string>& outputs) {
    NodeProto& node = nodes.emplace_back();
    node.set_op_type(op);
    node.set_name(outputs.front() + "_node");
    for (const auto& input : inputs) node.add_input(input);
    for (const auto& output : outputs) node.add_output(output);
    return node;
  }

  GraphProto& graph_;
  std::map<std::string, const TensorProto*> initializers_;
  std::map<std::string, const NodeProto*> producers_;
};

}  // namespace

int main(int argc, char** argv) {
  onnx::ModelProto model;
  std::ifstream in(argc == 3 ? argv[1] : "", std::ios::binary);
  if (argc != 3 || !in || !model.ParseFromIstream(&in)) {
    std::fprintf(stderr, "usage: quantize_onnx IN.onnx OUT.onnx\n");
    return 2;
  }
  const int count = Quantizer(*model.mutable_graph()).run();
  std::ofstream out(argv[2], std::ios::binary);
  if (!model.SerializeToOstream(&out) || !out.flush()) {
    std::fprintf(stderr, "quantize_onnx: cannot write %s\n", argv[2]);
    return 1;
  }
  std::printf("%d products quantized\n", count);
  return 0;
}
