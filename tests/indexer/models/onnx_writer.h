#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Just enough of the protobuf wire format to write small ONNX files, sound and hostile ones.
// Field numbers are those of onnx.proto3.
namespace onnx_writer {

inline std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

inline std::string field(uint32_t number, uint64_t value) {
  return varint(number << 3) + varint(value);
}

inline std::string field(uint32_t number, std::string_view bytes) {
  return varint(number << 3 | 2) + varint(bytes.size()) + std::string(bytes);
}

// A size of -1 is open.
inline std::string value_info(std::string_view name, uint64_t element_type,
                              const std::vector<int64_t>& shape) {
  std::string dimensions;
  for (const int64_t size : shape) {
    dimensions += field(1, size < 0 ? field(2, "open" + std::to_string(dimensions.size()))
                                    : field(1, static_cast<uint64_t>(size)));
  }
  const std::string tensor = field(1, element_type) + field(2, dimensions);
  return field(1, name) + field(2, field(1, tensor));
}

constexpr uint64_t kFloat = 1;
constexpr uint64_t kInt64 = 7;

template <class T>
std::string tensor(std::string_view name, uint64_t element_type, const std::vector<int64_t>& shape,
                   const std::vector<T>& values) {
  std::string bytes;
  for (const int64_t size : shape) bytes += field(1, static_cast<uint64_t>(size));
  std::string raw(values.size() * sizeof(T), '\0');
  std::memcpy(raw.data(), values.data(), raw.size());
  return bytes + field(2, element_type) + field(8, name) + field(9, raw);
}

inline std::string float_tensor(std::string_view name, const std::vector<int64_t>& shape,
                                const std::vector<float>& values) {
  return tensor(name, kFloat, shape, values);
}

inline std::string int64_tensor(std::string_view name, const std::vector<int64_t>& values) {
  return tensor(name, kInt64, {static_cast<int64_t>(values.size())}, values);
}

// A tensor that claims to lie in another file; entries are location, offset, length, ...
inline std::string external_tensor(
    std::string_view name, const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string bytes = field(1, uint64_t{4}) + field(2, kFloat) + field(8, name);
  for (const auto& [key, value] : entries) bytes += field(13, field(1, key) + field(2, value));
  return bytes + field(14, uint64_t{1});
}

inline std::string int_attribute(std::string_view name, int64_t value) {
  return field(1, name) + field(3, static_cast<uint64_t>(value)) + field(20, uint64_t{2});
}

inline std::string ints_attribute(std::string_view name, const std::vector<int64_t>& values) {
  std::string bytes = field(1, name);
  for (const int64_t value : values) bytes += field(8, static_cast<uint64_t>(value));
  return bytes + field(20, uint64_t{7});
}

inline std::string tensor_attribute(std::string_view name, std::string_view tensor) {
  return field(1, name) + field(5, tensor) + field(20, uint64_t{4});
}

inline std::string graph_attribute(std::string_view name, std::string_view graph) {
  return field(1, name) + field(6, graph) + field(20, uint64_t{5});
}

inline std::string node(std::string_view op_type, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs,
                        const std::vector<std::string>& attributes = {},
                        std::string_view domain = "") {
  std::string bytes;
  for (const auto& name : inputs) bytes += field(1, name);
  for (const auto& name : outputs) bytes += field(2, name);
  bytes += field(4, op_type);
  for (const auto& attribute : attributes) bytes += field(5, attribute);
  return domain.empty() ? bytes : bytes + field(7, domain);
}

struct Graph {
  std::vector<std::string> nodes, initializers, inputs, outputs;

  std::string bytes() const {
    std::string graph;
    for (const auto& item : nodes) graph += field(1, item);
    graph += field(2, "graph");
    for (const auto& item : initializers) graph += field(5, item);
    for (const auto& item : inputs) graph += field(11, item);
    for (const auto& item : outputs) graph += field(12, item);
    return graph;
  }
};

inline std::string model_of(std::string_view graph) {
  return field(1, uint64_t{8}) + field(7, graph) + field(8, field(1, "") + field(2, uint64_t{14}));
}

inline std::vector<uint8_t> model(const Graph& graph) {
  const std::string bytes = model_of(graph.bytes());
  return {bytes.begin(), bytes.end()};
}

}  // namespace onnx_writer
