#include "indexer/packing/text_expression.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "native/clip/text_tower.h"

namespace sightline {
namespace {

constexpr float kUnknown = NAN;

bool near(float value, float expected) {
  return std::abs(value - expected) <= 1e-3f * std::abs(expected);
}

TextValue make(TextRole role, std::vector<TextValue> of = {}, OnnxTensorPtr tensor = nullptr,
               float number = 0, int index = 0) {
  auto value = std::make_shared<TextExpression>();
  value->role = role;
  value->of = std::move(of);
  value->tensor = std::move(tensor);
  value->number = number;
  value->index = index;
  return value;
}

bool is(const TextValue& value, TextRole role) { return value->role == role; }

bool is_product(const TextValue& value) {
  return is(value, TextRole::kLinear) || is(value, TextRole::kPart) || is(value, TextRole::kScaled);
}

// Rows of width `width` that run through layers.
bool is_rows(const TextValue& value) {
  return is(value, TextRole::kStream) || is(value, TextRole::kNorm) ||
         is(value, TextRole::kAttended) || is(value, TextRole::kActivated);
}

std::optional<float> scalar(const TextValue& value) {
  if (!is(value, TextRole::kConstant) || value->tensor->values.size() != 1) return std::nullopt;
  return value->tensor->values.front();
}

bool is_vector(const TextValue& value) {
  return is(value, TextRole::kConstant) && value->tensor->values.size() > 1 &&
         value->tensor->values.size() ==
             static_cast<size_t>(value->tensor->shape.empty() ? 0 : value->tensor->shape.back());
}

OnnxTensorPtr transpose(const OnnxTensor& matrix) {
  auto result = std::make_shared<OnnxTensor>();
  const auto rows = static_cast<size_t>(matrix.shape[0]);
  const auto columns = static_cast<size_t>(matrix.shape[1]);
  result->shape = {matrix.shape[1], matrix.shape[0]};
  result->values.resize(matrix.values.size());
  for (size_t row = 0; row < rows; ++row) {
    for (size_t column = 0; column < columns; ++column) {
      result->values[column * rows + row] = matrix.values[row * columns + column];
    }
  }
  return result;
}

TextValue constant(OnnxTensorPtr tensor) {
  auto value = std::make_shared<TextExpression>();
  value->role = TextRole::kConstant;
  if (tensor->is_integer && tensor->values.size() <= 8) {
    for (const float number : tensor->values) {
      value->integers.emplace_back(static_cast<int64_t>(number));
    }
  }
  value->tensor = std::move(tensor);
  return value;
}

// The linear layer below a scaling, and by how much it is scaled.
std::pair<TextValue, float> unscaled(const TextValue& value) {
  if (is(value, TextRole::kScaled)) return {value->of[0], value->number};
  return {value, 1.0f};
}

class Follower {
 public:
  explicit Follower(const std::string& title) : title_(title) {}

  Result<void> run(const OnnxGraph& graph) {
    for (const auto& [name, tensor] : graph.constants) values_[name] = constant(tensor);
    for (const auto& node : graph.nodes) RETURN_IF_ERROR(follow(node));
    return {};
  }

  TextValue value(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? make(TextRole::kOther) : found->second;
  }
  void set(const std::string& name, TextValue value) { values_[name] = std::move(value); }
  HeadHint heads() const { return heads_; }

 private:
  // Null: the operator does not stand there in CLIP's text tower.
  TextValue result_of(const OnnxNode& node, const std::vector<TextValue>& in);
  Result<void> follow(const OnnxNode& node);
  Result<void> follow_if(const OnnxNode& node);
  TextValue view(const OnnxNode& node, const std::vector<TextValue>& in);
  TextValue gather(const OnnxNode& node, const std::vector<TextValue>& in);
  void learn_heads(const TextValue& rows, const TextValue& shape);

  std::string title_;
  std::map<std::string, TextValue> values_;
  HeadHint heads_;
};

TextValue add_values(const TextValue& a, const TextValue& b) {
  const auto with_bias = [&](const TextValue& sum) {
    auto biased = std::make_shared<TextExpression>(*sum);
    biased->bias = b->tensor;
    return biased;
  };
  switch (a->role) {
    case TextRole::kTokens:
      if (is(b, TextRole::kPositions) || is(b, TextRole::kConstant)) {
        return make(TextRole::kStream, {a, b});
      }
      return nullptr;
    case TextRole::kVariance:
      if (const auto epsilon = scalar(b)) {
        return make(TextRole::kVariance, a->of, nullptr, *epsilon);
      }
      return nullptr;
    case TextRole::kNorm:
    case TextRole::kLinear:
      if (is_vector(b) && a->bias == nullptr) return with_bias(a);
      return nullptr;
    case TextRole::kStream:
      if (is(b, TextRole::kLinear)) return make(TextRole::kStream, {a, b});
      return nullptr;
    case TextRole::kScores:
      return is(b, TextRole::kOther) || is(b, TextRole::kConstant) || is(b, TextRole::kPositions)
                 ? a
                 : nullptr;
    case TextRole::kErf:
      return scalar(b) == 1.0f ? make(TextRole::kErfPlusOne, a->of, nullptr, a->number) : nullptr;
    default:
      return nullptr;
  }
}

TextValue multiply_values(const TextValue& a, const TextValue& b) {
  const bool by_number = is(b, TextRole::kOther) || scalar(b).has_value();
  const float number = scalar(b).value_or(kUnknown);
  switch (a->role) {
    case TextRole::kNormal:
      return is_vector(b) ? make(TextRole::kNorm, a->of, b->tensor, a->number) : nullptr;
    case TextRole::kCentered:
      if (b == a) return make(TextRole::kSquared, a->of);
      if (is(b, TextRole::kDeviation) && b->of == a->of) {
        return make(TextRole::kNormal, a->of, nullptr, b->number);
      }
      return nullptr;
    case TextRole::kSigmoid: {
      // x * sigmoid(1.702 x)
      const bool is_quick = near(a->number, 1.702f) && b == a->of[0];
      return is_quick ? make(TextRole::kActivated, {b}, nullptr, 0,
                             static_cast<int>(Activation::kQuickGelu))
                      : nullptr;
    }
    case TextRole::kErfPlusOne: {
      const auto [linear, scale] = unscaled(b);
      if (linear != a->of[0] || !near(a->number, 0.70710678f)) return nullptr;
      if (near(scale, 0.5f)) {
        return make(TextRole::kActivated, {linear}, nullptr, 0,
                    static_cast<int>(Activation::kGelu));
      }
      return scale == 1.0f ? make(TextRole::kHalfGelu, {linear}) : nullptr;
    }
    case TextRole::kHalfGelu:
      return near(number, 0.5f) ? make(TextRole::kActivated, a->of, nullptr, 0,
                                       static_cast<int>(Activation::kGelu))
                                : nullptr;
    case TextRole::kLinear:
    case TextRole::kPart:
      return by_number ? make(TextRole::kScaled, {a}, nullptr, number) : nullptr;
    case TextRole::kScaled:
      return by_number ? make(TextRole::kScaled, a->of, nullptr, a->number * number) : nullptr;
    case TextRole::kScores:
      return by_number ? a : nullptr;
    default:
      return nullptr;
  }
}

TextValue divide_values(const TextValue& a, const TextValue& b) {
  if (is(a, TextRole::kCentered) && is(b, TextRole::kDeviation) && a->of == b->of) {
    return make(TextRole::kNormal, a->of, nullptr, b->number);
  }
  const bool by_number = is(b, TextRole::kOther) || scalar(b).has_value();
  if (!by_number) return nullptr;
  if (is(a, TextRole::kScores)) return a;
  if (!is_product(a)) return nullptr;
  const auto [linear, scale] = unscaled(a);
  return make(TextRole::kScaled, {linear}, nullptr, scale / scalar(b).value_or(kUnknown));
}

TextValue multiply_matrices(const TextValue& a, const TextValue& b) {
  if (is(b, TextRole::kConstant) && b->tensor->shape.size() == 2 && is_rows(a)) {
    return make(TextRole::kLinear, {a}, transpose(*b->tensor));
  }
  if (is_product(a) && is_product(b)) {
    return make(TextRole::kScores, {unscaled(a).first, unscaled(b).first});
  }
  if (is(a, TextRole::kWeights) && is_product(b)) {
    return make(TextRole::kAttended, {a, unscaled(b).first});
  }
  return nullptr;
}

TextValue normalized(const OnnxNode& node, const std::vector<TextValue>& in) {
  if (in.size() < 2 || !is(in[0], TextRole::kStream) || !is_vector(in[1])) return nullptr;
  auto norm = std::make_shared<TextExpression>(
      *make(TextRole::kNorm, {in[0]}, in[1]->tensor, node.number("epsilon", 1e-5f)));
  if (in.size() > 2 && is_vector(in[2])) norm->bias = in[2]->tensor;
  return norm;
}

TextValue gemm(const OnnxNode& node, const std::vector<TextValue>& in) {
  if (in.size() < 2 || !is_rows(in[0]) || !is(in[1], TextRole::kConstant) ||
      in[1]->tensor->shape.size() != 2 || node.integer("transA", 0) != 0 ||
      node.number("alpha", 1) != 1 || node.number("beta", 1) != 1) {
    return nullptr;
  }
  const auto weights = node.integer("transB", 0) ? in[1]->tensor : transpose(*in[1]->tensor);
  auto linear = std::make_shared<TextExpression>(*make(TextRole::kLinear, {in[0]}, weights));
  if (in.size() > 2 && is_vector(in[2])) linear->bias = in[2]->tensor;
  return linear;
}

TextValue dequantized(const std::vector<TextValue>& in) {
  if (in.size() < 2 || !is(in[0], TextRole::kConstant) || !scalar(in[1])) return nullptr;
  const float zero = in.size() > 2 ? scalar(in[2]).value_or(0) : 0;
  auto tensor = std::make_shared<OnnxTensor>(*in[0]->tensor);
  tensor->is_integer = false;
  for (float& value : tensor->values) value = (value - zero) * *scalar(in[1]);
  return constant(std::move(tensor));
}

TextValue reduced_mean(const TextValue& a) {
  if (is(a, TextRole::kStream)) return make(TextRole::kMean, {a});
  if (is(a, TextRole::kSquared)) return make(TextRole::kVariance, a->of);
  return nullptr;
}

TextValue difference(const TextValue& a, const TextValue& b) {
  if (is(a, TextRole::kStream) && is(b, TextRole::kMean) && b->of[0] == a) {
    return make(TextRole::kCentered, {a});
  }
  return nullptr;
}

TextValue sigmoid(const TextValue& a) {
  const auto [linear, scale] = unscaled(a);
  return is_product(a) ? make(TextRole::kSigmoid, {linear}, nullptr, scale) : nullptr;
}

TextValue erf(const TextValue& a) {
  const auto [linear, scale] = unscaled(a);
  return is_product(a) ? make(TextRole::kErf, {linear}, nullptr, scale) : nullptr;
}

bool is_plain(const TextValue& value) {
  return is(value, TextRole::kOther) || is(value, TextRole::kConstant) ||
         is(value, TextRole::kIds) || is(value, TextRole::kPositions);
}

}  // namespace

const char* role_name(TextRole role) {
  static const std::map<TextRole, const char*> names = {
      {TextRole::kOther, "a size or mask"},
      {TextRole::kConstant, "a constant"},
      {TextRole::kIds, "the token ids"},
      {TextRole::kTokens, "token embeddings"},
      {TextRole::kPositions, "position embeddings"},
      {TextRole::kStream, "the residual stream"},
      {TextRole::kNorm, "a layer norm"},
      {TextRole::kLinear, "a linear layer"},
      {TextRole::kPart, "a part of a linear layer"},
      {TextRole::kScaled, "a scaled linear layer"},
      {TextRole::kActivated, "an activation"},
      {TextRole::kScores, "attention scores"},
      {TextRole::kWeights, "attention weights"},
      {TextRole::kAttended, "attended values"},
  };
  const auto found = names.find(role);
  return found == names.end() ? "a step of a layer norm or activation" : found->second;
}

// The heads are the last axis but one of what queries, keys and values are reshaped to.
void Follower::learn_heads(const TextValue& rows, const TextValue& shape) {
  const auto& sizes = shape->integers;
  if (!is_product(rows) || sizes.size() < 3) return;
  if (sizes.size() >= 4 && sizes[sizes.size() - 2].value_or(0) > 1) {
    heads_.count = static_cast<uint32_t>(*sizes[sizes.size() - 2]);
  }
  if (sizes.back().value_or(0) > 1) heads_.dim = static_cast<uint32_t>(*sizes.back());
}

TextValue Follower::gather(const OnnxNode& node, const std::vector<TextValue>& in) {
  const bool from_table = is(in[0], TextRole::kConstant) && in[0]->tensor->shape.size() == 2;
  if (from_table && !in[0]->tensor->is_integer) {
    return make(is(in[1], TextRole::kIds) ? TextRole::kTokens : TextRole::kPositions, {},
                in[0]->tensor);
  }
  const auto index = scalar(in[1]);
  if (is(in[0], TextRole::kLinear) && index) {
    return make(TextRole::kPart, {in[0]}, nullptr, 0, static_cast<int>(*index));
  }
  if (is_plain(in[0])) {
    const auto& sizes = in[0]->integers;
    auto picked = std::make_shared<TextExpression>();
    if (index && *index >= 0 && *index < static_cast<float>(sizes.size()) &&
        node.integer("axis", 0) == 0) {
      picked->integers = {sizes[static_cast<size_t>(*index)]};
    } else {
      picked->integers = {std::nullopt};
    }
    return picked;
  }
  return in[0];
}

// Operators that leave their first input what it was.
TextValue Follower::view(const OnnxNode& node, const std::vector<TextValue>& in) {
  if (in.empty()) return make(TextRole::kOther);
  if (node.op == "Reshape" && in.size() > 1) learn_heads(in[0], in[1]);
  if (node.op == "Transpose" && is(in[0], TextRole::kConstant) &&
      in[0]->tensor->shape.size() == 2) {
    return constant(transpose(*in[0]->tensor));
  }
  if (!is(in[0], TextRole::kConstant)) return in[0];
  // A position table cut to the length of the text.
  const auto& shape = in[0]->tensor->shape;
  if (node.op == "Slice" && !in[0]->tensor->is_integer && shape.size() >= 2 && shape.back() > 1) {
    return make(TextRole::kPositions, {}, in[0]->tensor);
  }
  return in[0];
}

TextValue Follower::result_of(const OnnxNode& node, const std::vector<TextValue>& in) {
  using Operator = std::function<TextValue(const TextValue&, const TextValue&)>;
  static const std::map<std::string, Operator> commutative = {{"Add", add_values},
                                                              {"Mul", multiply_values}};
  static const std::map<std::string, Operator> binary = {
      {"Sub", difference}, {"Div", divide_values}, {"MatMul", multiply_matrices}};
  static const std::map<std::string, TextValue (*)(const TextValue&)> unary = {
      {"ReduceMean", reduced_mean}, {"Sigmoid", sigmoid}, {"Erf", erf}};
  if (const auto found = commutative.find(node.op); found != commutative.end()) {
    if (in.size() != 2) return nullptr;
    if (auto value = found->second(in[0], in[1])) return value;
    return found->second(in[1], in[0]);
  }
  if (const auto found = binary.find(node.op); found != binary.end()) {
    return in.size() == 2 ? found->second(in[0], in[1]) : nullptr;
  }
  if (const auto found = unary.find(node.op); found != unary.end()) return found->second(in[0]);
  const std::string& op = node.op;
  const TextValue& first = in.empty() ? make(TextRole::kOther) : in[0];
  if (op == "Pow") {
    return is(first, TextRole::kCentered) && scalar(in[1]) == 2.0f
               ? make(TextRole::kSquared, first->of)
               : nullptr;
  }
  if (op == "Sqrt" || op == "Reciprocal") {
    const bool fits = is(first, op == "Sqrt" ? TextRole::kVariance : TextRole::kDeviation);
    return fits ? make(TextRole::kDeviation, first->of, nullptr, first->number) : nullptr;
  }
  if (op == "Softmax") {
    return is(first, TextRole::kScores) ? make(TextRole::kWeights, {first}) : nullptr;
  }
  if (op == "Where") {
    for (const auto& value : in) {
      if (is(value, TextRole::kScores) || is(value, TextRole::kWeights)) return value;
    }
    return nullptr;
  }
  if (op == "Gelu" || op == "QuickGelu") {
    const bool is_exact = op == "QuickGelu" ? near(node.number("alpha", 1.702f), 1.702f)
                                            : node.attributes.count("approximate") == 0 ||
                                                  node.attributes.at("approximate").text == "none";
    const auto kind = op == "Gelu" ? Activation::kGelu : Activation::kQuickGelu;
    return is_exact && is(first, TextRole::kLinear)
               ? make(TextRole::kActivated, {first}, nullptr, 0, static_cast<int>(kind))
               : nullptr;
  }
  if (op == "LayerNormalization") return normalized(node, in);
  if (op == "Gemm") return gemm(node, in);
  return nullptr;
}

Result<void> Follower::follow_if(const OnnxNode& node) {
  const auto branch = node.attributes.find("then_branch");
  if (branch == node.attributes.end() || branch->second.graph == nullptr) return {};
  RETURN_IF_ERROR(run(*branch->second.graph));
  const auto& outputs = branch->second.graph->outputs;
  for (size_t i = 0; i < std::min(outputs.size(), node.outputs.size()); ++i) {
    set(node.outputs[i], value(outputs[i]));
  }
  return {};
}

Result<void> Follower::follow(const OnnxNode& node) {
  static const std::vector<std::string> views = {
      "Reshape", "Transpose", "Unsqueeze", "Squeeze",        "Cast",     "Identity",
      "Slice",   "Expand",    "Flatten",   "GatherElements", "GatherND", "Dropout"};
  if (node.op == "If") return follow_if(node);
  std::vector<TextValue> in;
  for (const auto& name : node.inputs) in.push_back(value(name));
  const bool all_plain = std::all_of(in.begin(), in.end(), is_plain);
  TextValue result;
  if (node.op == "Constant") {
    const auto found = node.attributes.find("value");
    result = found != node.attributes.end() && found->second.tensor ? constant(found->second.tensor)
                                                                    : make(TextRole::kOther);
  } else if (node.op == "Split" && !in.empty() && is(in[0], TextRole::kLinear)) {
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      set(node.outputs[i], make(TextRole::kPart, {in[0]}, nullptr, 0, static_cast<int>(i)));
    }
    return {};
  } else if (node.op == "Concat") {
    auto joined = std::make_shared<TextExpression>();
    for (const auto& part : in) {
      if (part->integers.empty()) joined->integers.push_back(std::nullopt);
      joined->integers.insert(joined->integers.end(), part->integers.begin(), part->integers.end());
    }
    result = joined;
  } else if (node.op == "Gather" && in.size() == 2) {
    result = gather(node, in);
  } else if (node.op == "DequantizeLinear") {
    result = dequantized(in);
  } else if (std::find(views.begin(), views.end(), node.op) != views.end()) {
    result = view(node, in);
  } else if (node.op == "Shape") {
    result = make(TextRole::kOther);
  } else {
    result = result_of(node, in);
    if (result == nullptr && all_plain) result = make(TextRole::kOther);
  }
  if (result == nullptr) {
    std::string what;
    for (const auto& part : in)
      what += (what.empty() ? "" : " and ") + std::string(role_name(part->role));
    return model_error(title_ + ": no CLIP text tower: operator '" + node.op + "' of " + what +
                       " (giving '" + (node.outputs.empty() ? "" : node.outputs.front()) +
                       "') has no place in one");
  }
  for (const auto& output : node.outputs) set(output, result);
  return {};
}

Result<FollowedText> follow_text_graph(const OnnxGraph& graph, const std::string& title) {
  Follower follower(title);
  for (const auto& input : graph.inputs) {
    if (input == "input_ids") follower.set(input, make(TextRole::kIds));
  }
  RETURN_IF_ERROR(follower.run(graph));
  TextValue output;
  for (const auto& name : graph.outputs) {
    const auto value = follower.value(name);
    if (is(value, TextRole::kLinear) && (output == nullptr || name == "text_embeds"))
      output = value;
  }
  if (output == nullptr) {
    return model_error(title + ": no CLIP text tower: none of its outputs is a projection");
  }
  return FollowedText{output, follower.heads()};
}

}  // namespace sightline
