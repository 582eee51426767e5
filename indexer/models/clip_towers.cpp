#include "indexer/models/clip_towers.h"

#include <algorithm>
#include <cmath>

namespace sightline {

struct ClipTower::Role {
  const char* name;
  const char* input;
  size_t input_rank;
  bool takes_integers;
  const char* output;
  const char* expected;
};

const ClipTower::Role ClipTower::kText = {
    "text", "input_ids",   2,
    true,   "text_embeds", "input_ids int64 [n, length] to text_embeds float [n, dim]"};
const ClipTower::Role ClipTower::kVision = {
    "vision",
    "pixel_values",
    4,
    false,
    "image_embeds",
    "pixel_values float [n, 3, size, size] to image_embeds float [n, dim]"};

namespace {

constexpr const char* kAttentionMask = "attention_mask";
constexpr int64_t kMaxDim = 65'536;
constexpr int64_t kMaxFixedBatch = 256;

bool has_type(const TensorInfo& info, bool integer) {
  return integer ? info.type == ElementType::kInt64 || info.type == ElementType::kInt32
                 : info.type == ElementType::kFloat || info.type == ElementType::kFloat16;
}

std::string describe_all(const std::vector<TensorInfo>& tensors) {
  std::string text;
  for (const TensorInfo& info : tensors) text += (text.empty() ? "" : ", ") + describe(info);
  return text.empty() ? "nothing" : text;
}

// Empty where there is none. A pooler_output is a tower without its projection into the shared
// space, so never that.
std::string choose_output(const OnnxSession& session, const std::string& declared,
                          const std::string& usual) {
  if (!declared.empty()) return session.find_output(declared) != nullptr ? declared : "";
  if (session.find_output(usual) != nullptr) return usual;
  std::vector<std::string> matrices;
  for (const TensorInfo& output : session.outputs()) {
    const bool is_matrix = output.shape.size() == 2 && has_type(output, false);
    if (is_matrix && output.name != "pooler_output") matrices.push_back(output.name);
  }
  return matrices.size() == 1 ? matrices.front() : "";
}

}  // namespace

Result<ClipTower> ClipTower::open(const ModelFile& file, const Role& role,
                                  const OnnxOptions& options) {
  ASSIGN_OR_RETURN(const auto model, read_model_file(file));
  ASSIGN_OR_RETURN(auto session, OnnxSession::create(model.bytes, file.path, options));
  ClipTower tower(std::move(session));
  tower.sha256_ = model.sha256;
  tower.input_ = file.input.empty() ? role.input : file.input;
  tower.output_ = choose_output(tower.session_, file.output, role.output);

  const auto& inputs = tower.session_.inputs();
  const TensorInfo* input = tower.session_.find_input(tower.input_);
  const bool has_others = std::any_of(inputs.begin(), inputs.end(), [&](const TensorInfo& info) {
    return info.name != tower.input_ && !(role.takes_integers && info.name == kAttentionMask);
  });
  if (input == nullptr || has_others || input->shape.size() != role.input_rank ||
      !has_type(*input, role.takes_integers) || input->shape[0] > kMaxFixedBatch ||
      tower.output_.empty()) {
    return model_error(tower.session_.title() + " is no CLIP " + role.name + " tower: it turns " +
                       describe_all(inputs) + " into " + describe_all(tower.session_.outputs()) +
                       "; expected " + role.expected);
  }
  return tower;
}

Result<void> ClipTower::learn_dim(std::span<const InputTensor> sample) {
  const auto& shape = session_.find_output(output_)->shape;
  int64_t dim = shape.size() == 2 ? shape[1] : -1;
  if (dim < 0) {
    ASSIGN_OR_RETURN(const auto output, session_.run(sample, output_));
    dim = output.shape.size() == 2 ? output.shape[1] : 0;
  }
  if (dim < 1 || dim > kMaxDim) {
    return model_error(session_.title() + " gives " + describe(*session_.find_output(output_)) +
                       ", which is no embedding; expected float [n, dim]");
  }
  dim_ = static_cast<uint32_t>(dim);
  return {};
}

Result<void> ClipTower::append_unit_rows(std::span<const InputTensor> inputs, size_t row_count,
                                         std::vector<float>& rows) const {
  ASSIGN_OR_RETURN(const auto output, session_.run(inputs, output_));
  if (output.shape.size() != 2 || output.shape[1] != int64_t{dim_} ||
      output.values.size() < row_count * dim_) {
    return model_error(
        session_.title() + " gives " + describe({output_, ElementType::kFloat, output.shape}) +
        ", expected at least [" + std::to_string(row_count) + ", " + std::to_string(dim_) + "]");
  }
  for (size_t row = 0; row < row_count; ++row) {
    const auto values = std::span(output.values).subspan(row * dim_, dim_);
    double squared = 0;
    for (const double value : values) squared += value * value;
    if (!std::isfinite(squared) || squared <= 0) {
      return model_error(session_.title() +
                         " gives an embedding without a direction; fetch the model again");
    }
    const double scale = 1 / std::sqrt(squared);
    for (const double value : values) rows.push_back(static_cast<float>(value * scale));
  }
  return {};
}

struct TextTower::Input {
  std::vector<int64_t> ids;   // [row_count, length]
  std::vector<int64_t> mask;  // 1 for the text, 0 for what fills up
  std::vector<InputTensor> tensors;
};

TextTower::Input TextTower::input(std::span<const std::span<const uint32_t>> texts,
                                  size_t row_count) const {
  Input input;
  const size_t length = std::max(fixed_length_, texts.front().size());
  for (size_t row = 0; row < row_count; ++row) {
    const auto ids = texts[std::min(row, texts.size() - 1)];
    for (size_t i = 0; i < length; ++i) {
      input.ids.push_back(i < ids.size() ? ids[i] : end_id_);
      input.mask.push_back(i < ids.size() ? 1 : 0);
    }
  }
  const std::vector<int64_t> shape = {static_cast<int64_t>(row_count),
                                      static_cast<int64_t>(length)};
  input.tensors.push_back({input_, shape, std::span<const int64_t>(input.ids)});
  if (session_.find_input(kAttentionMask) != nullptr) {
    input.tensors.push_back({kAttentionMask, shape, std::span<const int64_t>(input.mask)});
  }
  return input;
}

Result<TextTower> TextTower::load(const ModelFile& file, uint32_t max_length, uint32_t end_id,
                                  const OnnxOptions& options) {
  ASSIGN_OR_RETURN(auto base, open(file, kText, options));
  TextTower tower(std::move(base));
  const auto& shape = tower.input_shape();
  tower.end_id_ = end_id;
  if (shape[0] > 0) tower.row_count_ = static_cast<size_t>(shape[0]);
  tower.has_open_batch_ = shape[0] <= 0;
  if (shape[1] > 0) tower.fixed_length_ = static_cast<size_t>(shape[1]);
  if (tower.fixed_length_ != 0 && tower.fixed_length_ < max_length) {
    return model_error(tower.session_.title() + " takes texts of " + std::to_string(shape[1]) +
                       " tokens, the tokenizer gives up to " + std::to_string(max_length) +
                       "; set max_position_embeddings in config.json");
  }
  const std::span<const uint32_t> sample(&end_id, 1);
  RETURN_IF_ERROR(tower.learn_dim(tower.input({&sample, 1}, tower.row_count_).tensors));
  return tower;
}

Result<void> TextTower::append_embedding(std::span<const uint32_t> ids,
                                         std::vector<float>& rows) const {
  return append_unit_rows(input({&ids, 1}, row_count_).tensors, 1, rows);
}

size_t TextTower::batch_size() const {
  constexpr size_t kOpenBatch = 32;
  return has_open_batch_ && !session_.quantizes_dynamically() ? kOpenBatch : row_count_;
}

Result<void> TextTower::append_embeddings(std::span<const std::span<const uint32_t>> texts,
                                          std::vector<float>& rows) const {
  return append_unit_rows(input(texts, batch_size()).tensors, texts.size(), rows);
}

InputTensor VisionTower::input(std::span<const float> pixels) const {
  return {input_, {static_cast<int64_t>(batch_size_), 3, image_size_px_, image_size_px_}, pixels};
}

Result<VisionTower> VisionTower::load(const ModelFile& file, uint32_t image_size_px,
                                      const OnnxOptions& options) {
  ASSIGN_OR_RETURN(auto base, open(file, kVision, options));
  VisionTower tower(std::move(base));
  const auto& shape = tower.input_shape();
  const auto fits = [&](size_t axis, int64_t size) {
    return shape[axis] < 0 || shape[axis] == size;
  };
  if (!fits(1, 3) || !fits(2, image_size_px) || !fits(3, image_size_px)) {
    return model_error(
        tower.session_.title() + " takes " + describe(*tower.session_.find_input(tower.input_)) +
        ", preprocessor_config.json says 3 x " + std::to_string(image_size_px) + " x " +
        std::to_string(image_size_px) + "; the files are of different models");
  }
  tower.image_size_px_ = image_size_px;
  if (shape[0] > 0) {
    tower.batch_size_ = static_cast<size_t>(shape[0]);
  } else if (tower.session_.quantizes_dynamically()) {
    tower.batch_size_ = 1;
  }
  const std::vector<float> sample(tower.batch_size_ * 3 * image_size_px * image_size_px);
  const InputTensor tensor = tower.input(sample);
  RETURN_IF_ERROR(tower.learn_dim({&tensor, 1}));
  return tower;
}

Result<std::vector<float>> VisionTower::embed(std::span<const float> pixels) const {
  const size_t image_values = size_t{3} * image_size_px_ * image_size_px_;
  const size_t image_count = pixels.size() / image_values;
  std::vector<float> rows;
  rows.reserve(image_count * dim_);
  std::vector<float> filled;
  for (size_t first = 0; first < image_count; first += batch_size_) {
    const size_t count = std::min(batch_size_, image_count - first);
    auto part = pixels.subspan(first * image_values, count * image_values);
    if (count < batch_size_) {
      filled.assign(part.begin(), part.end());
      filled.resize(batch_size_ * image_values);
      part = filled;
    }
    const InputTensor tensor = input(part);
    RETURN_IF_ERROR(append_unit_rows({&tensor, 1}, count, rows));
  }
  return rows;
}

}  // namespace sightline
