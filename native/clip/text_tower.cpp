#include "native/clip/text_tower.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "native/clip/portable_math.h"

namespace sightline {
namespace {

// rows [n, width] -> [n, width].
std::vector<float> normalize(std::span<const float> rows, const LayerNorm& norm, float epsilon) {
  const size_t width = norm.gain.size();
  const auto scale = 1.0f / static_cast<float>(width);
  std::vector<float> normal(rows.size());
  for (size_t begin = 0; begin < rows.size(); begin += width) {
    const float* row = rows.data() + begin;
    float* out = normal.data() + begin;
    const float mean = sum_in_lanes(width, [&](size_t i) { return row[i]; }) * scale;
    for (size_t i = 0; i < width; ++i) out[i] = row[i] - mean;
    const float variance = sum_in_lanes(width, [&](size_t i) { return out[i] * out[i]; }) * scale;
    const float inverse = 1.0f / std::sqrt(variance + epsilon);
    for (size_t i = 0; i < width; ++i) out[i] = out[i] * inverse * norm.gain[i] + norm.bias[i];
  }
  return normal;
}

void add(std::span<float> rows, std::span<const float> more) {
  for (size_t i = 0; i < rows.size(); ++i) rows[i] += more[i];
}

void activate(std::span<float> values, Activation activation) {
  if (activation == Activation::kQuickGelu) {
    for (float& value : values) value = quick_gelu(value);
  } else {
    for (float& value : values) value = gelu(value);
  }
}

// What one query head sees. keys_values: [n, 2 * width], of which the first `count` rows count.
struct Head {
  const float* query;
  const float* keys_values;
  size_t offset;  // of the head in a row of keys
  size_t dim;
  size_t width;
};

void attend(const Head& head, size_t count, std::span<float> weights, float* mixed) {
  const float scale = 1.0f / std::sqrt(static_cast<float>(head.dim));
  float largest = -INFINITY;
  for (size_t j = 0; j < count; ++j) {
    const float* key = head.keys_values + j * 2 * head.width + head.offset;
    weights[j] = sum_in_lanes(head.dim, [&](size_t i) { return head.query[i] * key[i]; }) * scale;
    largest = weights[j] > largest ? weights[j] : largest;
  }
  float sum = 0;
  for (size_t j = 0; j < count; ++j) {
    weights[j] = portable_exp(weights[j] - largest);
    sum += weights[j];
  }
  std::fill_n(mixed, head.dim, 0.0f);
  for (size_t j = 0; j < count; ++j) {
    const float* value = head.keys_values + j * 2 * head.width + head.width + head.offset;
    const float weight = weights[j] / sum;
    for (size_t i = 0; i < head.dim; ++i) mixed[i] += weight * value[i];
  }
}

}  // namespace

Result<std::span<const uint32_t>> meaningful_ids(const TextTowerShape& shape,
                                                 std::span<const uint32_t> ids) {
  const auto end = std::find(ids.begin(), ids.end(), shape.end_id);
  if (end == ids.end()) return invalid_argument("text encoder: the token ids lack the end token");
  const auto meaningful = ids.first(static_cast<size_t>(end - ids.begin()) + 1);
  if (meaningful.size() > shape.context_length) {
    return invalid_argument("text encoder: " + std::to_string(meaningful.size()) +
                            " token ids, at most " + std::to_string(shape.context_length));
  }
  for (const uint32_t id : meaningful) {
    if (id < shape.token_count) continue;
    return invalid_argument("text encoder: token id " + std::to_string(id) +
                            ", the model knows those below " + std::to_string(shape.token_count));
  }
  return meaningful;
}

Result<std::vector<float>> TextTowerRun::embed(std::span<const float> token_rows) const {
  const size_t width = shape.width;
  const size_t n = token_rows.size() / width;
  const size_t head_dim = width / shape.head_count;
  const auto product = [&](const WeightMatrix& matrix, RowRange rows, std::span<const float> in) {
    if (observer != nullptr) observer->observe(matrix, in);
    const size_t count = in.size() / matrix.column_count;
    std::vector<float> out(count * rows.count);
    multiply(matrix, rows, in, count, out, kernels);
    return out;
  };
  const auto whole_product = [&](const WeightMatrix& matrix, std::span<const float> in) {
    return product(matrix, {0, matrix.row_count}, in);
  };

  std::vector<float> rows(token_rows.begin(), token_rows.end());
  add(rows, std::span(ends.positions).first(rows.size()));
  for (size_t l = 0; l < layers.size(); ++l) {
    const TextTowerLayer& layer = *layers[l];
    const auto normal = normalize(rows, layer.attention_norm, shape.norm_epsilon);
    // Of the last layer only the end token's output is wanted.
    const size_t first = l + 1 < layers.size() ? 0 : n - 1;
    const auto queries =
        product(layer.query_key_value, {0, shape.width}, std::span(normal).subspan(first * width));
    const auto keys_values = product(layer.query_key_value, {shape.width, 2 * shape.width}, normal);
    std::vector<float> mixed((n - first) * width);
    std::vector<float> weights(n);
    for (size_t t = first; t < n; ++t) {
      for (size_t offset = 0; offset < width; offset += head_dim) {
        const size_t place = (t - first) * width + offset;
        attend({queries.data() + place, keys_values.data(), offset, head_dim, width}, t + 1,
               weights, mixed.data() + place);
      }
    }
    rows.erase(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(first * width));
    add(rows, whole_product(layer.attention_output, mixed));
    auto hidden = whole_product(layer.mlp_up, normalize(rows, layer.mlp_norm, shape.norm_epsilon));
    activate(hidden, shape.activation);
    add(rows, whole_product(layer.mlp_down, hidden));
  }
  const auto pooled = std::span<const float>(rows).last(width);
  auto embedding =
      whole_product(ends.projection, normalize(pooled, ends.final_norm, shape.norm_epsilon));
  const float squares =
      sum_in_lanes(embedding.size(), [&](size_t i) { return embedding[i] * embedding[i]; });
  if (!(squares > 0 && squares < INFINITY)) {
    return corrupt("text encoder: its weights give an embedding without a direction");
  }
  const float inverse = 1.0f / std::sqrt(squares);
  for (float& value : embedding) value *= inverse;
  return embedding;
}

}  // namespace sightline
