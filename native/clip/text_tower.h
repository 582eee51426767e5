#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/clip/matrix_kernels.h"
#include "native/clip/weight_matrix.h"

namespace sightline {

// CLIP's text tower: a causal transformer with normalisation before each half of a layer, pooled at
// the end token ("Learning Transferable Visual Models From Natural Language Supervision", 2.4).

enum class Activation : uint8_t { kQuickGelu = 1, kGelu = 2 };

struct TextTowerShape {
  uint32_t width = 0;
  uint32_t layer_count = 0;
  uint32_t head_count = 0;
  uint32_t hidden_width = 0;  // of the MLP between the two halves
  uint32_t embedding_dim = 0;
  uint32_t token_count = 0;  // every id is below
  uint32_t context_length = 0;
  uint32_t end_id = 0;
  Activation activation = Activation::kQuickGelu;
  float norm_epsilon = 1e-5f;

  bool operator==(const TextTowerShape&) const = default;
};

struct LayerNorm {
  std::vector<float> gain;  // [width]
  std::vector<float> bias;  // [width]
};

struct TextTowerLayer {
  LayerNorm attention_norm;
  WeightMatrix query_key_value;   // [3 * width, width]: all queries, then keys, then values
  WeightMatrix attention_output;  // [width, width]
  LayerNorm mlp_norm;
  WeightMatrix mlp_up;    // [hidden_width, width]
  WeightMatrix mlp_down;  // [width, hidden_width]
};

// What stands before and after the layers.
struct TextTowerEnds {
  std::vector<float> positions;  // [context_length, width]
  LayerNorm final_norm;
  WeightMatrix projection;  // [embedding_dim, width]
};

// The ids that decide an embedding: up to the first end token, for attention is causal.
// Errors: kInvalidArgument for no ids, ids beyond token_count, too many or no end token.
Result<std::span<const uint32_t>> meaningful_ids(const TextTowerShape& shape,
                                                 std::span<const uint32_t> ids);

// Sees the inputs [n, columns] of a layer's matrices, in the order of the struct; for calibration.
class MatrixObserver {
 public:
  virtual ~MatrixObserver() = default;
  virtual void observe(const WeightMatrix& matrix, std::span<const float> inputs) = 0;
};

// The unit embedding [embedding_dim] of n tokens. token_rows [n, width]: the rows of the token
// table, n as meaningful_ids() gives them. With packed layers the bits are the same on every target
// and with every kernel table. Errors: kCorrupt where weights lead to no direction.
struct TextTowerRun {
  const TextTowerShape& shape;
  const TextTowerEnds& ends;
  std::span<const TextTowerLayer* const> layers;
  const MatrixKernels& kernels = best_matrix_kernels();
  MatrixObserver* observer = nullptr;

  Result<std::vector<float>> embed(std::span<const float> token_rows) const;
};

}  // namespace sightline
