#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "indexer/packing/onnx_graph.h"

namespace sightline {

// What a tensor of a text tower's graph is, in the words of the architecture. Reshaping,
// transposing, casting and picking out rows leave it what it was.
enum class TextRole : uint8_t {
  kOther,     // sizes, masks: nothing that weights flow through
  kConstant,  // `tensor`
  kIds,
  kTokens,     // rows of the token table `tensor`
  kPositions,  // rows of the position table `tensor`
  kStream,     // what runs through the layers; [0], [1]: the stream before and what was added
  kMean,       // of [0]
  kCentered,   // [0] - its mean
  kSquared,    // centred [0], squared
  kVariance,   // of [0]; `number`: the epsilon that was added, once there is one
  kDeviation,  // square root of the variance of [0], `number`: epsilon; or its inverse
  kNormal,     // [0] with mean 0 and variance 1
  kNorm,       // kNormal times `tensor`, plus `bias` once there is one
  kLinear,     // `tensor` [rows, columns] times [0], plus `bias` where there is one
  kPart,       // the `index`-th third of linear [0]
  kScaled,     // linear or part [0] times `number` (NaN: not known)
  kSigmoid,    // of scaled [0]
  kErf,        // of scaled [0]; kErfPlusOne: 1 more
  kErfPlusOne,
  kHalfGelu,   // twice the GELU of [0]
  kActivated,  // `index`: the Activation of [0]
  kScores,     // queries [0] times keys [1]
  kWeights,    // softmax of scores [0]
  kAttended,   // weights [0] times values [1]
};

struct TextExpression;
using TextValue = std::shared_ptr<const TextExpression>;

struct TextExpression {
  TextRole role = TextRole::kOther;
  std::vector<TextValue> of;
  OnnxTensorPtr tensor;
  OnnxTensorPtr bias;
  float number = 0;
  int index = 0;
  // Of kOther and kConstant: small integers that are known, for shapes.
  std::vector<std::optional<int64_t>> integers;
};

// "the layer norm of a stream", for messages.
const char* role_name(TextRole role);

// What the graph's reshapes say about heads; zeros where they do not.
struct HeadHint {
  uint32_t count = 0;
  uint32_t dim = 0;
};

// Gives each tensor of a graph its part in a text tower; the value of the graph's output.
struct FollowedText {
  TextValue output;
  HeadHint heads;
};

// Errors: kModel, naming the first operator that CLIP's text tower does not have there.
Result<FollowedText> follow_text_graph(const OnnxGraph& graph, const std::string& title);

}  // namespace sightline
