#include "indexer/clip_model.h"

#include <algorithm>
#include <cmath>

#include "indexer/tokenizer_files.h"

namespace sightline {
namespace {

constexpr size_t kBatchSize = 8;
constexpr const char* kAttentionMask = "attention_mask";

bool is_integer(const TensorInfo& info) {
  return info.type == ElementType::kInt64 || info.type == ElementType::kInt32;
}

bool is_float(const TensorInfo& info) {
  return info.type == ElementType::kFloat || info.type == ElementType::kFloat16;
}

std::string describe_all(const std::vector<TensorInfo>& tensors) {
  std::string text;
  for (const TensorInfo& info : tensors) text += (text.empty() ? "" : ", ") + describe(info);
  return text;
}

// By the declared name, the usual one, or as the only tensor of that rank. A pooler_output is the
// tower without its projection into the shared space.
Result<TensorInfo> embedding_output(const OnnxSession& session, const std::string& declared,
                                    const std::string& usual) {
  if (const auto* output = session.find_output(declared.empty() ? usual : declared)) return *output;
  const TensorInfo* only = nullptr;
  size_t count = 0;
  for (const TensorInfo& output : session.outputs()) {
    if (output.shape.size() != 2 || !is_float(output) || output.name == "pooler_output") continue;
    only = &output;
    ++count;
  }
  if (count == 1 && declared.empty()) return *only;
  return model_error(session.title() + " gives " + describe_all(session.outputs()) + "; expected " +
                     (declared.empty() ? usual : declared) + " float [n, dim]");
}

Result<uint32_t> embedding_dim(const OnnxSession& session, const TensorInfo& output,
                               std::span<const InputTensor> sample) {
  int64_t dim = output.shape.size() == 2 ? output.shape[1] : -1;
  if (dim < 0) {
    ASSIGN_OR_RETURN(const auto result, session.run(sample, output.name));
    dim = result.shape.size() == 2 ? result.shape[1] : 0;
  }
  if (dim < 1 || dim > 65536) {
    return model_error(session.title() + ": the output " + describe(output) + " is no embedding; expected float [n, dim]");
  }
  return static_cast<uint32_t>(dim);
}

// Appends the first row_count rows of a [n, dim] output at unit length.
Result<void> append_unit_rows(const OnnxSession& session, const OutputTensor& output, size_t row_count,
                              size_t dim, std::vector<float>& rows) {
  if (output.shape.size() != 2 || output.shape[1] != static_cast<int64_t>(dim) ||
      output.values.size() < row_count * dim) {
    return model_error(session.title() + " gives" + describe({"", ElementType::kFloat, output.shape}) +
                       ", expected [" + std::to_string(row_count) + ", " + std::to_string(dim) + "]");
  }
  for (size_t row = 0; row < row_count; ++row) {
    const auto values = std::span(output.values).subspan(row * dim, dim);
    double squared = 0;
    for (const float value : values) squared += double{value} * value;
    if (!std::isfinite(squared) || squared <= 0) {
      return model_error(session.title() + " gives an embedding without a direction; its weights are broken");
    }
    const double scale = 1 / std::sqrt(squared);
    for (const float value : values) rows.push_back(static_cast<float>(value * scale));
  }
  return {};
}

}  // namespace

Result<ClipModel> ClipModel::load(const ModelFolder& folder, const ClipOptions& options) {
  if (folder.kind != ModelKind::kClip) return wrong_kind(folder, ModelKind::kClip);
  ASSIGN_OR_RETURN(auto tokenizer, load_tokenizer(folder.path));
  ClipModel model(std::move(tokenizer));
  model.id_ = folder.id;
  model.licence_ = folder.licence;
  model.preprocessing_ = folder.clip.preprocessing;
  model.text_path_ = folder.clip.text.path;
  model.vision_path_ = folder.clip.vision.path;
  model.dim_ = static_cast<uint32_t>(folder.dim);
  if (options.with_text) RETURN_IF_ERROR(model.load_text(folder.clip, options.onnx));
  if (options.with_vision) RETURN_IF_ERROR(model.load_vision(folder.clip, options.onnx));
  return model;
}

namespace {

Result<void> agree_on_dim(uint32_t& known, uint32_t found, const std::string& title) {
  if (known != 0 && known != found) {
    return model_error(title + " has " + std::to_string(found) + " dimensions, expected " + std::to_string(known) +
                       " as in the rest of the model; the files are of different models");
  }
  known = found;
  return {};
}

}  // namespace

Result<void> ClipModel::load_text(const ClipFiles& files, const OnnxOptions& options) {
  ASSIGN_OR_RETURN(const auto file, read_model_file(files.text));
  ASSIGN_OR_RETURN(auto session, OnnxSession::create(file.bytes, files.text.path, options));
  text_sha256_ = file.sha256;
  text_input_ = files.text.input.empty() ? "input_ids" : files.text.input;
  const TensorInfo* input = session.find_input(text_input_);
  const bool has_others = std::any_of(session.inputs().begin(), session.inputs().end(), [&](const TensorInfo& info) {
    return info.name != text_input_ && info.name != kAttentionMask;
  });
  if (input == nullptr || !is_integer(*input) || input->shape.size() != 2 || has_others) {
    return model_error(session.title() + " is no CLIP text tower: it takes " + describe_all(session.inputs()) +
                       "; expected " + text_input_ + " int64 [n, length] and at most attention_mask");
  }
  text_rows_ = input->shape[0] > 0 ? static_cast<size_t>(input->shape[0]) : 1;
  text_length_ = input->shape[1] > 0 ? static_cast<size_t>(input->shape[1]) : 0;
  if (text_rows_ > 64 || (text_length_ != 0 && text_length_ < tokenizer_.context_length())) {
    return model_error(session.title() + " takes " + describe(*input) + "; a length of " +
                       std::to_string(tokenizer_.context_length()) + " is needed, as config.json says");
  }
  ASSIGN_OR_RETURN(const auto output, embedding_output(session, files.text.output, "text_embeds"));
  text_output_ = output.name;
  text_ = std::move(session);

  uint32_t dim = output.shape.size() == 2 && output.shape[1] > 0 ? static_cast<uint32_t>(output.shape[1]) : 0;
  if (dim == 0) {
    ASSIGN_OR_RETURN(dim, sample_text_dim());
  }
  return agree_on_dim(dim_, dim, text_->title());
}

}  // namespace sightline
