#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "indexer/models/model_folder.h"
#include "indexer/models/onnx_session.h"
#include "native/base/result.h"

namespace sightline {

// What the two towers have in common. Const members may be called from several threads; every
// error is kModel and names the file.
class ClipTower {
 public:
  uint32_t dim() const { return dim_; }
  const std::string& sha256() const { return sha256_; }  // of the file, hexadecimal
  const OnnxSession& session() const { return session_; }

 protected:
  struct Role;
  static const Role kText;
  static const Role kVision;

  // Loads the file and checks that its inputs and outputs are those of the role. Names come from
  // the file's description, else from the Hugging Face layout; an output of another name is taken
  // where it is the only [n, dim].
  static Result<ClipTower> open(const ModelFile& file, const Role& role,
                                const OnnxOptions& options);

  // Sets dim(), by running the sample where the model leaves it open.
  Result<void> learn_dim(std::span<const InputTensor> sample);

  // Runs and appends the first row_count rows of the output at unit length.
  Result<void> append_unit_rows(std::span<const InputTensor> inputs, size_t row_count,
                                std::vector<float>& rows) const;

  explicit ClipTower(OnnxSession session) : session_(std::move(session)) {}
  const std::vector<int64_t>& input_shape() const { return session_.find_input(input_)->shape; }

  OnnxSession session_;
  std::string sha256_, input_, output_;
  uint32_t dim_ = 0;
};

class TextTower : public ClipTower {
 public:
  // max_length: the longest text the tokenizer gives, in ids. end_id fills up towers of a fixed
  // length.
  static Result<TextTower> load(const ModelFile& file, uint32_t max_length, uint32_t end_id,
                                const OnnxOptions& options);

  // Appends [dim] float32, a unit vector. ids: start, tokens, end. The text runs alone and at its
  // own length, which in a causal tower pooled at the end token gives what padding would.
  Result<void> append_embedding(std::span<const uint32_t> ids, std::vector<float>& rows) const;

  // Texts in one run: the fixed batch of the model, else 32, or 1 where it quantises by the range
  // of the whole batch. Constant, as for images.
  size_t batch_size() const;

  // The same for at most batch_size() texts of equal length; a run is filled up.
  Result<void> append_embeddings(std::span<const std::span<const uint32_t>> texts,
                                 std::vector<float>& rows) const;

 private:
  explicit TextTower(ClipTower tower) : ClipTower(std::move(tower)) {}
  struct Input;
  Input input(std::span<const std::span<const uint32_t>> texts, size_t row_count) const;

  uint32_t end_id_ = 0;
  size_t row_count_ = 1;  // the fixed batch
  bool has_open_batch_ = false;
  size_t fixed_length_ = 0;  // 0 where the length is open
};

class VisionTower : public ClipTower {
 public:
  static Result<VisionTower> load(const ModelFile& file, uint32_t image_size_px,
                                  const OnnxOptions& options);

  // Images in one run: the fixed batch of the model, else 8, or 1 where it quantises by the range
  // of the whole batch. Constant, so that an embedding does not depend on its neighbours.
  size_t batch_size() const { return batch_size_; }

  // [n, 3, size, size] float32 to [n, dim] float32, unit rows; the last batch is filled up.
  Result<std::vector<float>> embed(std::span<const float> pixels) const;

 private:
  explicit VisionTower(ClipTower tower) : ClipTower(std::move(tower)) {}
  InputTensor input(std::span<const float> pixels) const;

  uint32_t image_size_px_ = 0;
  size_t batch_size_ = 8;
};

}  // namespace sightline
