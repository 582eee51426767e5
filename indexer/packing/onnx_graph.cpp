#include "indexer/packing/onnx_graph.h"

#include <cstring>
#include <optional>

#include <onnx/onnx_pb.h>

#include "indexer/models/onnx_check.h"
#include "native/base/half.h"

namespace sightline {
namespace {

using onnx::TensorProto;

template <class T>
void widen_raw(const std::string& raw, std::vector<float>& values) {
  values.resize(raw.size() / sizeof(T));
  for (size_t i = 0; i < values.size(); ++i) {
    T value;
    std::memcpy(&value, raw.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<float>(value);
  }
}

template <class Field>
void widen_field(const Field& field, std::vector<float>& values) {
  for (const auto value : field) values.push_back(static_cast<float>(value));
}

void widen_halves(const TensorProto& tensor, std::vector<float>& values) {
  const std::string& raw = tensor.raw_data();
  for (size_t i = 0; i + 1 < raw.size(); i += 2) {
    uint16_t half;
    std::memcpy(&half, raw.data() + i, 2);
    values.push_back(half_to_float(half));
  }
  for (const int32_t half : tensor.int32_data()) {
    values.push_back(half_to_float(static_cast<uint16_t>(half)));
  }
}

// Null for types that no CLIP tower holds.
OnnxTensorPtr read_tensor(const TensorProto& proto) {
  auto tensor = std::make_shared<OnnxTensor>();
  size_t count = 1;
  for (const int64_t size : proto.dims()) {
    if (size < 0 || size > (int64_t{1} << 31)) return nullptr;
    tensor->shape.push_back(size);
    count *= static_cast<size_t>(size);
  }
  tensor->is_integer = true;
  const std::string& raw = proto.raw_data();
  switch (proto.data_type()) {
    case TensorProto::FLOAT:
      tensor->is_integer = false;
      widen_raw<float>(raw, tensor->values);
      widen_field(proto.float_data(), tensor->values);
      break;
    case TensorProto::FLOAT16:
      tensor->is_integer = false;
      widen_halves(proto, tensor->values);
      break;
    case TensorProto::INT64:
      widen_raw<int64_t>(raw, tensor->values);
      widen_field(proto.int64_data(), tensor->values);
      break;
    case TensorProto::INT32:
      widen_raw<int32_t>(raw, tensor->values);
      widen_field(proto.int32_data(), tensor->values);
      break;
    case TensorProto::INT8:
      widen_raw<int8_t>(raw, tensor->values);
      widen_field(proto.int32_data(), tensor->values);
      break;
    case TensorProto::UINT8:
    case TensorProto::BOOL:
      widen_raw<uint8_t>(raw, tensor->values);
      widen_field(proto.int32_data(), tensor->values);
      break;
    default:
      return nullptr;
  }
  return tensor->values.size() == count ? tensor : nullptr;
}

OnnxGraph read_graph(const onnx::GraphProto& proto) {
  OnnxGraph graph;
  for (const auto& input : proto.input()) graph.inputs.push_back(input.name());
  for (const auto& output : proto.output()) graph.outputs.push_back(output.name());
  for (const auto& initializer : proto.initializer()) {
    if (auto tensor = read_tensor(initializer)) graph.constants[initializer.name()] = tensor;
  }
  for (const auto& node_proto : proto.node()) {
    OnnxNode node;
    node.op = node_proto.op_type();
    node.inputs.assign(node_proto.input().begin(), node_proto.input().end());
    node.outputs.assign(node_proto.output().begin(), node_proto.output().end());
    for (const auto& attribute_proto : node_proto.attribute()) {
      OnnxAttribute& attribute = node.attributes[attribute_proto.name()];
      attribute.integer = attribute_proto.i();
      attribute.number = attribute_proto.f();
      attribute.text = attribute_proto.s();
      attribute.integers.assign(attribute_proto.ints().begin(), attribute_proto.ints().end());
      if (attribute_proto.has_t()) attribute.tensor = read_tensor(attribute_proto.t());
      if (attribute_proto.has_g()) {
        attribute.graph = std::make_shared<const OnnxGraph>(read_graph(attribute_proto.g()));
      }
    }
    graph.nodes.push_back(std::move(node));
  }
  return graph;
}

}  // namespace

int64_t OnnxNode::integer(const std::string& name, int64_t otherwise) const {
  const auto found = attributes.find(name);
  return found == attributes.end() ? otherwise : found->second.integer;
}

float OnnxNode::number(const std::string& name, float otherwise) const {
  const auto found = attributes.find(name);
  return found == attributes.end() ? otherwise : found->second.number;
}

Result<OnnxGraph> read_onnx_graph(std::span<const uint8_t> bytes, const std::string& title) {
  RETURN_IF_ERROR(check_onnx(bytes));
  onnx::ModelProto model;
  if (bytes.size() > INT32_MAX ||
      !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return model_error(title + ": this is no ONNX file, or one beyond 2 GB; fetch it again");
  }
  return read_graph(model.graph());
}

}  // namespace sightline
