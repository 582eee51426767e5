#include "indexer/clip_towers.h"

#include <algorithm>
#include <cmath>

namespace sightline {
namespace {

constexpr const char* kAttentionMask = "attention_mask";
constexpr int64_t kMaxDim = 65'536;

bool is_integer(const TensorInfo& info) {
  return info.type == ElementType::kInt64 || info.type == ElementType::kInt32;
}

bool is_float(const TensorInfo& info) {
  return info.type == ElementType::kFloat || info.type == ElementType::kFloat16;
}

std::string describe_all(const std::vector<TensorInfo>& tensors) {
  std::string text;
  for (const TensorInfo& info : tensors) text += (text.empty() ? "" : ", ") + describe(info);
  return text.empty() ? "nothing" : text;
}

Error no_tower(const OnnxSession& session, const std::string& kind, const std::string& expected) {
  return model_error(session.title() + " is no CLIP " + kind + " tower: it takes " +
                     describe_all(session.inputs()) + "; expected " + expected);
}

// A pooler_output is the tower without its projection into the shared space.
Result<std::string> choose_output(const OnnxSession& session, const std::string& declared,
                                  const std::string& usual) {
  const std::string& wanted = declared.empty() ? usual : declared;
  if (session.find_output(wanted) != nullptr) return wanted;
  std::vector<std::string> matrices;
  for (const TensorInfo& output : session.outputs()) {
    if (output.shape.size() == 2 && is_float(output) && output.name != "pooler_output") {
      matrices.push_back(output.name);
    }
  }
  if (matrices.size() == 1 && declared.empty()) return matrices.front();
  return model_error(session.title() + " gives " + describe_all(session.outputs()) +
                     "; expected " + wanted + " float [n, dim]");
}

}  // namespace

Result<ClipTower> ClipTower::open(const ModelFile& file, const std::string& usual_input,
                                  const std::string& usual_output, const OnnxOptions& options) {
  ASSIGN_OR_RETURN(const auto model, read_model_file(file));
  ASSIGN_OR_RETURN(auto session, OnnxSession::create(model.bytes, file.path, options));
  ClipTower tower(std::move(session));
  tower.sha256_ = model.sha256;
  tower.input_ = file.input.empty() ? usual_input : file.input;
  tower.output_ = file.output.empty() ? usual_output : file.output;
  return tower;
}

Result<void> ClipTower::learn_dim(std::span<const InputTensor> sample) {
  ASSIGN_OR_RETURN(output_, choose_output(session_, output_ == usual ? "" : output_, usual));
  return {};
}

}  // namespace sightline
