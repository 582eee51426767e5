#include "indexer/packing/clip_text_graph.h"

#include <algorithm>

#include "indexer/packing/onnx_graph.h"
#include "indexer/packing/text_expression.h"

namespace sightline {
namespace {

// Turns the expression of the embedding into the weights it is made of, from the end to the start.
class Assembler {
 public:
  Assembler(const FollowedText& followed, std::string title)
      : followed_(followed), title_(std::move(title)) {}

  Result<ClipTextWeights> run(uint32_t expected_heads);

 private:
  Error refuse(const std::string& what) const {
    return model_error(title_ + ": no CLIP text tower: " + what);
  }
  // The value below, of that role; null otherwise.
  static TextValue below(const TextValue& value, TextRole role, size_t index = 0) {
    if (value == nullptr || index >= value->of.size() || value->of[index]->role != role) {
      return nullptr;
    }
    return value->of[index];
  }
  Result<void> set_norm(const TextValue& norm, LayerNorm& to);
  Result<WeightMatrix> matrix(const TextValue& linear, uint32_t columns) const;
  Result<void> set_attention(const TextValue& output, const TextValue& stream,
                             TextTowerLayer& layer);
  Result<void> set_mlp(const TextValue& down, const TextValue& stream, TextTowerLayer& layer);
  Result<void> append_query_key_value(const TextValue& value, int index, const TextValue& stream,
                                      TextTowerLayer& layer);
  Result<void> set_heads(uint32_t expected_heads);

  const FollowedText& followed_;
  std::string title_;
  ClipTextWeights tower_;
};

Result<void> Assembler::set_norm(const TextValue& norm, LayerNorm& to) {
  to.gain = norm->tensor->values;
  to.bias = norm->bias ? norm->bias->values : std::vector<float>(to.gain.size());
  tower_.shape.norm_epsilon = norm->number;
  if (to.gain.size() == tower_.shape.width && to.bias.size() == to.gain.size()) return {};
  return refuse("a layer norm of " + std::to_string(to.gain.size()) + " values, the width is " +
                std::to_string(tower_.shape.width));
}

Result<WeightMatrix> Assembler::matrix(const TextValue& linear, uint32_t columns) const {
  WeightMatrix matrix;
  matrix.row_count = static_cast<uint32_t>(linear->tensor->shape[0]);
  matrix.column_count = static_cast<uint32_t>(linear->tensor->shape[1]);
  matrix.weights = linear->tensor->values;
  matrix.bias = linear->bias ? linear->bias->values : std::vector<float>(matrix.row_count);
  if (matrix.column_count == columns && matrix.bias.size() == matrix.row_count) return matrix;
  return refuse("a linear layer of " + std::to_string(matrix.column_count) + " inputs where " +
                std::to_string(columns) + " come in");
}

// Appends rows for the queries (index 0), keys or values to the joined matrix.
Result<void> Assembler::append_query_key_value(const TextValue& value, int index,
                                               const TextValue& stream, TextTowerLayer& layer) {
  const bool is_part = value->role == TextRole::kPart;
  const TextValue linear = is_part ? below(value, TextRole::kLinear) : value;
  const TextValue norm = below(linear, TextRole::kNorm);
  if (linear->role != TextRole::kLinear || norm == nullptr || norm->of[0] != stream ||
      (is_part && value->index != index)) {
    return refuse("queries, keys and values are not linear layers of one layer norm");
  }
  RETURN_IF_ERROR(set_norm(norm, layer.attention_norm));
  const uint32_t width = tower_.shape.width;
  ASSIGN_OR_RETURN(const auto rows, matrix(linear, width));
  const uint32_t first = is_part ? static_cast<uint32_t>(index) * width : 0;
  if (rows.row_count != (is_part ? 3 * width : width)) {
    return refuse("queries, keys or values of another width than the stream");
  }
  WeightMatrix& joined = layer.query_key_value;
  joined.column_count = width;
  joined.row_count += width;
  const auto weights = rows.weights.begin() + ptrdiff_t{first} * width;
  joined.weights.insert(joined.weights.end(), weights, weights + ptrdiff_t{width} * width);
  const auto bias = rows.bias.begin() + first;
  joined.bias.insert(joined.bias.end(), bias, bias + width);
  return {};
}

Result<void> Assembler::set_attention(const TextValue& output, const TextValue& stream,
                                      TextTowerLayer& layer) {
  const TextValue attended = below(output, TextRole::kAttended);
  const TextValue scores = below(below(attended, TextRole::kWeights), TextRole::kScores);
  if (scores == nullptr) return refuse("an attention without scores");
  RETURN_IF_ERROR(append_query_key_value(scores->of[0], 0, stream, layer));
  RETURN_IF_ERROR(append_query_key_value(scores->of[1], 1, stream, layer));
  RETURN_IF_ERROR(append_query_key_value(attended->of[1], 2, stream, layer));
  ASSIGN_OR_RETURN(layer.attention_output, matrix(output, tower_.shape.width));
  return {};
}

Result<void> Assembler::set_mlp(const TextValue& down, const TextValue& stream,
                                TextTowerLayer& layer) {
  const TextValue activated = below(down, TextRole::kActivated);
  const TextValue up = below(activated, TextRole::kLinear);
  const TextValue norm = below(up, TextRole::kNorm);
  if (norm == nullptr || norm->of[0] != stream) {
    return refuse("a layer that ends without an MLP on a layer norm of its stream");
  }
  RETURN_IF_ERROR(set_norm(norm, layer.mlp_norm));
  ASSIGN_OR_RETURN(layer.mlp_up, matrix(up, tower_.shape.width));
  ASSIGN_OR_RETURN(layer.mlp_down, matrix(down, layer.mlp_up.row_count));
  tower_.shape.hidden_width = layer.mlp_up.row_count;
  tower_.shape.activation = static_cast<Activation>(activated->index);
  return {};
}

Result<void> Assembler::set_heads(uint32_t expected_heads) {
  TextTowerShape& shape = tower_.shape;
  shape.head_count = followed_.heads.count;
  if (shape.head_count == 0 && followed_.heads.dim != 0) {
    shape.head_count = shape.width / followed_.heads.dim;
  }
  if (shape.head_count == 0) shape.head_count = expected_heads;
  if (shape.head_count > 0 && shape.width % shape.head_count == 0) return {};
  return refuse("neither its graph nor config.json says how many attention heads it has");
}

Result<ClipTextWeights> Assembler::run(uint32_t expected_heads) {
  const TextValue projection = followed_.output;
  const TextValue norm = below(projection, TextRole::kNorm);
  TextValue stream = below(norm, TextRole::kStream);
  if (stream == nullptr) return refuse("the embedding is no projection of a layer norm");
  tower_.shape.width = static_cast<uint32_t>(norm->tensor->values.size());
  RETURN_IF_ERROR(set_norm(norm, tower_.ends.final_norm));
  ASSIGN_OR_RETURN(tower_.ends.projection, matrix(projection, tower_.shape.width));
  tower_.shape.embedding_dim = tower_.ends.projection.row_count;

  while (const TextValue middle = below(stream, TextRole::kStream)) {
    const TextValue start = below(middle, TextRole::kStream);
    if (start == nullptr) return refuse("a layer of one half");
    TextTowerLayer layer;
    RETURN_IF_ERROR(set_mlp(stream->of[1], middle, layer));
    RETURN_IF_ERROR(set_attention(middle->of[1], start, layer));
    tower_.layers.push_back(std::move(layer));
    stream = start;
  }
  std::reverse(tower_.layers.begin(), tower_.layers.end());
  tower_.shape.layer_count = static_cast<uint32_t>(tower_.layers.size());
  if (tower_.layers.empty()) return refuse("it has no layers");

  const auto& table = stream->of[0]->tensor;
  tower_.token_table = table->values;
  tower_.shape.token_count = static_cast<uint32_t>(table->shape[0]);
  tower_.ends.positions = stream->of[1]->tensor->values;
  const uint32_t width = tower_.shape.width;
  tower_.shape.context_length = static_cast<uint32_t>(tower_.ends.positions.size() / width);
  if (table->shape[1] != width || tower_.ends.positions.size() % width != 0) {
    return refuse("token or position embeddings of another width than its layers");
  }
  for (const auto& layer : tower_.layers) {
    if (layer.mlp_up.row_count != tower_.shape.hidden_width || layer.mlp_down.row_count != width ||
        layer.attention_output.row_count != width) {
      return refuse("its layers differ in width");
    }
  }
  RETURN_IF_ERROR(set_heads(expected_heads));
  return std::move(tower_);
}

}  // namespace

Result<ClipTextWeights> read_clip_text_graph(std::span<const uint8_t> bytes,
                                             const std::string& title, uint32_t expected_heads) {
  ASSIGN_OR_RETURN(const auto graph, read_onnx_graph(bytes, title));
  ASSIGN_OR_RETURN(const auto followed, follow_text_graph(graph, title));
  return Assembler(followed, title).run(expected_heads);
}

}  // namespace sightline
