#pragma once

#include <cstdint>
#include <vector>

#include "native/clip/text_tower.h"

namespace sightline::testing {

// A text tower with made-up weights, the same everywhere: only integers and exact divisions.
class SmallTower {
 public:
  explicit SmallTower(Activation activation = Activation::kQuickGelu) {
    shape.width = 96;
    shape.layer_count = 3;
    shape.head_count = 6;
    shape.hidden_width = 256;
    shape.embedding_dim = 40;
    shape.token_count = 300;
    shape.context_length = 24;
    shape.end_id = 299;
    shape.activation = activation;
    token_table = values(shape.token_count * shape.width, 0.5f);
    ends.positions = values(shape.context_length * shape.width, 0.1f);
    ends.final_norm = norm();
    ends.projection = matrix(shape.embedding_dim, shape.width);
    for (uint32_t i = 0; i < shape.layer_count; ++i) {
      layers.push_back(
          {norm(), matrix(3 * shape.width, shape.width), matrix(shape.width, shape.width), norm(),
           matrix(shape.hidden_width, shape.width), matrix(shape.width, shape.hidden_width)});
    }
  }

  // 2 to context_length ids, the end token last.
  std::vector<uint32_t> text() {
    std::vector<uint32_t> ids(1 + next() % (shape.context_length - 1));
    for (uint32_t& id : ids) id = next() % (shape.token_count - 1);
    ids.push_back(shape.end_id);
    return ids;
  }

  uint32_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 33);
  }

  TextTowerShape shape;
  TextTowerEnds ends;
  std::vector<TextTowerLayer> layers;
  std::vector<float> token_table;  // [token_count, width]

 private:
  std::vector<float> values(size_t count, float spread) {
    std::vector<float> result(count);
    for (float& value : result) {
      // A sum of three, so that there are outliers.
      const auto sum = static_cast<int32_t>(next() % 2048 + next() % 2048 + next() % 2048) - 3070;
      value = static_cast<float>(sum) / 2048.0f * spread;
    }
    return result;
  }
  LayerNorm norm() {
    LayerNorm made{values(shape.width, 0.2f), values(shape.width, 0.1f)};
    for (float& gain : made.gain) gain += 1;
    return made;
  }
  WeightMatrix matrix(uint32_t rows, uint32_t columns) {
    WeightMatrix made;
    made.row_count = rows;
    made.column_count = columns;
    made.weights = values(size_t{rows} * columns, 0.125f);
    made.bias = values(rows, 0.05f);
    return made;
  }

  uint64_t state_ = 1;
};

inline void pack_layers(SmallTower& tower, WeightFormat format) {
  for (auto& layer : tower.layers) {
    for (WeightMatrix* matrix :
         {&layer.query_key_value, &layer.attention_output, &layer.mlp_up, &layer.mlp_down}) {
      *matrix = pack_matrix(*matrix, format, {});
    }
  }
  tower.ends.projection = pack_matrix(tower.ends.projection, WeightFormat::kEightBit, {});
}

}  // namespace sightline::testing
