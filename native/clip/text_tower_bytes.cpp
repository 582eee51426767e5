#include "native/clip/text_tower_bytes.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"
#include "native/base/half.h"

namespace sightline {
namespace {

constexpr uint32_t kLayout = 1;
constexpr uint32_t kMaxWidth = 4096;
constexpr uint32_t kMaxHiddenWidth = 16384;
constexpr uint32_t kMaxLayers = 64;
constexpr uint32_t kMaxTokens = 1u << 20;
constexpr uint32_t kMaxContextLength = 4096;

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(),
                     [](float value) { return std::isfinite(value); });
}

void write_norm(ByteWriter& writer, const LayerNorm& norm) {
  writer.write_array<float>(norm.gain);
  writer.write_array<float>(norm.bias);
}

Result<LayerNorm> read_norm(ByteReader& reader, uint32_t width) {
  LayerNorm norm{reader.read_array<float>(width), reader.read_array<float>(width)};
  if (!reader.ok()) return corrupt("layer norm: the bytes end inside it");
  if (all_finite(norm.gain) && all_finite(norm.bias)) return norm;
  return corrupt("layer norm: a value is not finite");
}

Result<void> expect_end(const ByteReader& reader) {
  if (reader.remaining() == 0) return {};
  return corrupt(std::to_string(reader.remaining()) + " bytes follow its content");
}

bool in_range(uint32_t value, uint32_t largest) { return value > 0 && value <= largest; }

}  // namespace

std::vector<uint8_t> write_text_shape(const TextTowerShape& shape) {
  ByteWriter writer;
  for (const uint32_t field :
       {kLayout, shape.width, shape.layer_count, shape.head_count, shape.hidden_width,
        shape.embedding_dim, shape.token_count, shape.context_length, shape.end_id,
        static_cast<uint32_t>(shape.activation)}) {
    writer.write(field);
  }
  writer.write(shape.norm_epsilon);
  return std::move(writer).take();
}

Result<TextTowerShape> parse_text_shape(std::span<const uint8_t> bytes) {
  ByteReader reader(bytes);
  const auto layout = reader.read<uint32_t>();
  TextTowerShape shape;
  for (uint32_t* field :
       {&shape.width, &shape.layer_count, &shape.head_count, &shape.hidden_width,
        &shape.embedding_dim, &shape.token_count, &shape.context_length, &shape.end_id}) {
    *field = reader.read<uint32_t>();
  }
  const auto activation = reader.read<uint32_t>();
  shape.norm_epsilon = reader.read<float>();
  if (!reader.ok()) return corrupt("text encoder: its shape ends too early");
  if (layout != kLayout) {
    return unsupported("text encoder: layout " + std::to_string(layout) +
                       ", this reader knows 1; use a newer Sightline");
  }
  RETURN_IF_ERROR(expect_end(reader));
  if (activation != static_cast<uint32_t>(Activation::kQuickGelu) &&
      activation != static_cast<uint32_t>(Activation::kGelu)) {
    return unsupported("text encoder: activation " + std::to_string(activation) +
                       ", this reader knows 1 (quick GELU) and 2 (GELU)");
  }
  shape.activation = static_cast<Activation>(activation);
  const bool sizes_fit =
      in_range(shape.width, kMaxWidth) && in_range(shape.layer_count, kMaxLayers) &&
      in_range(shape.hidden_width, kMaxHiddenWidth) && in_range(shape.embedding_dim, kMaxWidth) &&
      in_range(shape.token_count, kMaxTokens) &&
      in_range(shape.context_length, kMaxContextLength) && shape.width % kMatrixBlock == 0 &&
      shape.hidden_width % kMatrixBlock == 0 && in_range(shape.head_count, shape.width) &&
      shape.width % shape.head_count == 0 && shape.end_id < shape.token_count;
  if (!sizes_fit || !std::isfinite(shape.norm_epsilon) || shape.norm_epsilon <= 0) {
    return corrupt("text encoder: a size of its shape is out of range (width " +
                   std::to_string(shape.width) + ", layers " + std::to_string(shape.layer_count) +
                   ", heads " + std::to_string(shape.head_count) + ")");
  }
  return shape;
}

std::vector<uint8_t> write_text_ends(const TextTowerEnds& ends) {
  ByteWriter writer;
  for (const float value : ends.positions) writer.write(float_to_half(value));
  write_norm(writer, ends.final_norm);
  write_matrix(writer, ends.projection);
  return std::move(writer).take();
}

Result<TextTowerEnds> parse_text_ends(std::span<const uint8_t> bytes, const TextTowerShape& shape) {
  ByteReader reader(bytes);
  TextTowerEnds ends;
  const auto halves = reader.read_array<uint16_t>(uint64_t{shape.context_length} * shape.width);
  std::transform(halves.begin(), halves.end(), std::back_inserter(ends.positions), half_to_float);
  if (!all_finite(ends.positions)) return corrupt("positions: a value is not finite");
  ASSIGN_OR_RETURN(ends.final_norm, read_norm(reader, shape.width));
  ASSIGN_OR_RETURN(ends.projection,
                   read_matrix(reader, "projection", shape.embedding_dim, shape.width));
  RETURN_IF_ERROR(expect_end(reader));
  return ends;
}

std::vector<uint8_t> write_text_layer(const TextTowerLayer& layer) {
  ByteWriter writer;
  write_norm(writer, layer.attention_norm);
  write_matrix(writer, layer.query_key_value);
  write_matrix(writer, layer.attention_output);
  write_norm(writer, layer.mlp_norm);
  write_matrix(writer, layer.mlp_up);
  write_matrix(writer, layer.mlp_down);
  return std::move(writer).take();
}

Result<TextTowerLayer> parse_text_layer(std::span<const uint8_t> bytes,
                                        const TextTowerShape& shape) {
  const uint32_t width = shape.width;
  const uint32_t hidden = shape.hidden_width;
  ByteReader reader(bytes);
  TextTowerLayer layer;
  ASSIGN_OR_RETURN(layer.attention_norm, read_norm(reader, width));
  ASSIGN_OR_RETURN(layer.query_key_value, read_matrix(reader, "qkv", 3 * width, width));
  ASSIGN_OR_RETURN(layer.attention_output, read_matrix(reader, "output", width, width));
  ASSIGN_OR_RETURN(layer.mlp_norm, read_norm(reader, width));
  ASSIGN_OR_RETURN(layer.mlp_up, read_matrix(reader, "up", hidden, width));
  ASSIGN_OR_RETURN(layer.mlp_down, read_matrix(reader, "down", width, hidden));
  RETURN_IF_ERROR(expect_end(reader));
  return layer;
}

void TokenRows::decode(uint32_t row, std::span<float> values) const {
  const int8_t* from = codes.data() + size_t{row} * values.size();
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(from[i]) * scales[row];
}

TokenRows pack_token_rows(std::span<const float> rows, uint32_t width) {
  TokenRows packed;
  for (size_t begin = 0; begin < rows.size(); begin += width) {
    const auto row = rows.subspan(begin, width);
    float largest = 0;
    for (const float value : row) largest = std::max(largest, std::abs(value));
    const float scale = largest / 127;
    packed.scales.push_back(scale);
    for (const float value : row) {
      const long code = scale > 0 ? std::lround(value / scale) : 0;
      packed.codes.push_back(static_cast<int8_t>(std::clamp(code, -127l, 127l)));
    }
  }
  return packed;
}

std::vector<uint8_t> write_token_rows(const TokenRows& rows) {
  ByteWriter writer;
  writer.write_array<float>(rows.scales);
  writer.write_array<int8_t>(rows.codes);
  return std::move(writer).take();
}

Result<TokenRows> parse_token_rows(std::span<const uint8_t> bytes, uint32_t row_count,
                                   uint32_t width) {
  ByteReader reader(bytes);
  TokenRows rows;
  rows.scales = reader.read_array<float>(row_count);
  rows.codes = reader.read_array<int8_t>(uint64_t{row_count} * width);
  if (!reader.ok()) return corrupt("the bytes end inside " + std::to_string(row_count) + " tokens");
  RETURN_IF_ERROR(expect_end(reader));
  if (!all_finite(rows.scales)) return corrupt("the scale of a token is not finite");
  return rows;
}

}  // namespace sightline
