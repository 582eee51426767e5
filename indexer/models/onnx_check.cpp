#include "indexer/models/onnx_check.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace sightline {
namespace {

constexpr int kMaxDepth = 48;  // messages inside messages; a subgraph costs three
constexpr size_t kMaxNodeCount = 200'000;
constexpr std::string_view kDomains[] = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"};

enum class Message {
  kModel,
  kGraph,
  kNode,
  kAttribute,
  kTensor,
  kSparseTensor,
  kTraining,
  kFunction
};

struct Child {
  Message parent;
  uint32_t field;
  Message child;
};

// Every way in onnx.proto3 that leads to a node or a tensor.
constexpr Child kChildren[] = {
    {Message::kModel, 7, Message::kGraph},
    {Message::kModel, 20, Message::kTraining},
    {Message::kModel, 25, Message::kFunction},
    {Message::kTraining, 1, Message::kGraph},
    {Message::kTraining, 2, Message::kGraph},
    {Message::kGraph, 1, Message::kNode},
    {Message::kGraph, 5, Message::kTensor},
    {Message::kGraph, 15, Message::kSparseTensor},
    {Message::kNode, 5, Message::kAttribute},
    {Message::kAttribute, 5, Message::kTensor},
    {Message::kAttribute, 6, Message::kGraph},
    {Message::kAttribute, 10, Message::kTensor},
    {Message::kAttribute, 11, Message::kGraph},
    {Message::kAttribute, 22, Message::kSparseTensor},
    {Message::kAttribute, 23, Message::kSparseTensor},
    {Message::kSparseTensor, 1, Message::kTensor},
    {Message::kSparseTensor, 2, Message::kTensor},
};

constexpr uint32_t kNodeOpType = 4;
constexpr uint32_t kNodeDomain = 7;
constexpr uint32_t kTensorExternalData = 13;
constexpr uint32_t kTensorDataLocation = 14;

struct Field {
  uint32_t number = 0;
  uint32_t wire_type = 0;
  uint64_t varint = 0;
  std::span<const uint8_t> bytes;
};

constexpr uint32_t kVarint = 0;
constexpr uint32_t kFixed64 = 1;
constexpr uint32_t kLengthDelimited = 2;
constexpr uint32_t kFixed32 = 5;

class WireReader {
 public:
  explicit WireReader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }

  std::optional<Field> next() {
    const auto tag = varint();
    if (!tag || *tag > UINT32_MAX || *tag >> 3 == 0) return std::nullopt;
    Field field{static_cast<uint32_t>(*tag >> 3), static_cast<uint32_t>(*tag & 7), 0, {}};
    uint64_t byte_count = 0;
    switch (field.wire_type) {
      case kVarint: {
        const auto value = varint();
        if (!value) return std::nullopt;
        field.varint = *value;
        return field;
      }
      case kFixed64:
        byte_count = 8;
        break;
      case kFixed32:
        byte_count = 4;
        break;
      case kLengthDelimited: {
        const auto length = varint();
        if (!length) return std::nullopt;
        byte_count = *length;
        break;
      }
      default:
        return std::nullopt;
    }
    if (byte_count > rest_.size()) return std::nullopt;
    field.bytes = rest_.first(byte_count);
    rest_ = rest_.subspan(byte_count);
    return field;
  }

 private:
  std::optional<uint64_t> varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const uint8_t byte = rest_.front();
      rest_ = rest_.subspan(1);
      value |= uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return std::nullopt;
  }

  std::span<const uint8_t> rest_;
};

class Walker {
 public:
  Result<void> walk(Message message, std::span<const uint8_t> bytes, int depth) {
    if (depth > kMaxDepth) {
      return model_error("the model nests deeper than " + std::to_string(kMaxDepth) +
                         " messages; no real network does");
    }
    if (message == Message::kFunction) {
      return model_error("the model defines functions of its own; export it with them inlined");
    }
    if (message == Message::kNode && ++facts.node_count > kMaxNodeCount) {
      return model_error("the model has more than " + std::to_string(kMaxNodeCount) +
                         " nodes; no real network does");
    }
    WireReader reader(bytes);
    while (!reader.done()) {
      const auto field = reader.next();
      if (!field) {
        return model_error("the model is truncated or not an ONNX file; fetch it again");
      }
      RETURN_IF_ERROR(inspect(message, *field));
      if (field->wire_type != kLengthDelimited) continue;
      const auto* child = std::find_if(
          std::begin(kChildren), std::end(kChildren),
          [&](const Child& c) { return c.parent == message && c.field == field->number; });
      if (child == std::end(kChildren)) continue;
      has_graph = has_graph || child->child == Message::kGraph;
      RETURN_IF_ERROR(walk(child->child, field->bytes, depth + 1));
    }
    return {};
  }

  OnnxFacts facts;
  bool has_graph = false;

 private:
  Result<void> inspect(Message message, const Field& field) {
    if (message == Message::kTensor &&
        (field.number == kTensorExternalData ||
         (field.number == kTensorDataLocation && field.varint != 0))) {
      return model_error(
          "the model keeps tensors in other files (external data), which are never opened; "
          "save it as one file");
    }
    if (message != Message::kNode || field.wire_type != kLengthDelimited) return {};
    const std::string_view text(reinterpret_cast<const char*>(field.bytes.data()),
                                field.bytes.size());
    if (field.number == kNodeOpType && text.starts_with("DynamicQuantize"))
      facts.quantizes_dynamically = true;
    if (field.number == kNodeDomain &&
        std::find(std::begin(kDomains), std::end(kDomains), text) == std::end(kDomains)) {
      return model_error("the model uses operators of the domain '" +
                         std::string(text.substr(0, 60)) +
                         "'; only standard ONNX operators are run");
    }
    return {};
  }
};

}  // namespace

Result<OnnxFacts> check_onnx(std::span<const uint8_t> bytes) {
  Walker walker;
  RETURN_IF_ERROR(walker.walk(Message::kModel, bytes, 0));
  if (!walker.has_graph) return model_error("the file holds no ONNX graph; fetch the model again");
  return walker.facts;
}

}  // namespace sightline
