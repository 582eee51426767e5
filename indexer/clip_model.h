#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "indexer/model_folder.h"
#include "indexer/onnx_session.h"
#include "native/base/result.h"
#include "native/clip/image_preprocess.h"
#include "native/clip/tokenizer.h"

namespace sightline {

struct ClipOptions {
  OnnxOptions onnx;
  bool with_text = true;    // a tower that is not wanted is not loaded
  bool with_vision = true;
};

// A CLIP pair: texts and images become unit vectors of one space.
// Const members may be called from several threads.
class ClipModel {
 public:
  // Loads the wanted towers and checks that they are towers and fit each other.
  // Errors: kModel, naming the file, what it is and what was expected.
  static Result<ClipModel> load(const ModelFolder& folder, const ClipOptions& options = {});

  const std::string& id() const { return id_; }
  const std::string& licence() const { return licence_; }
  uint32_t dim() const { return dim_; }
  uint32_t image_size_px() const { return preprocessing_.size_px; }
  const ImagePreprocessing& preprocessing() const { return preprocessing_; }
  const Tokenizer& tokenizer() const { return tokenizer_; }

  // Of the towers' files, hexadecimal; empty for a tower that was not loaded.
  const std::string& text_sha256() const { return text_sha256_; }
  const std::string& vision_sha256() const { return vision_sha256_; }
  const std::string& text_path() const { return text_path_; }
  const std::string& vision_path() const { return vision_path_; }

  // Images in one run. Results depend on it, so it is fixed for a model: 8, or 1 where the model
  // quantises by the range of the whole batch.
  size_t batch_size() const { return batch_size_; }

  // Why CUDA was not taken though asked for automatically; empty otherwise.
  std::string device_note() const;
  std::string device() const;

  // [texts.size(), dim] float32, unit rows. Each text runs alone at its own length, which for a
  // causal tower pooled at the end token gives what padding would. Requires with_text.
  Result<std::vector<float>> embed_text(std::span<const std::string> texts) const;

  // pixels: [n, 3, image_size_px, image_size_px] float32 as preprocess() makes them.
  // Returns [n, dim] float32, unit rows; the last batch is filled up. Requires with_vision.
  Result<std::vector<float>> embed_pixels(std::span<const float> pixels) const;

 private:
  explicit ClipModel(Tokenizer tokenizer) : tokenizer_(std::move(tokenizer)) {}
  Result<void> load_text(const ClipFiles& files, const OnnxOptions& options);
  Result<void> load_vision(const ClipFiles& files, const OnnxOptions& options);
  Result<void> append_text(const std::string& text, std::vector<float>& rows) const;

  Tokenizer tokenizer_;
  ImagePreprocessing preprocessing_;
  std::string id_, licence_, text_sha256_, vision_sha256_, text_path_, vision_path_;
  std::optional<OnnxSession> text_, vision_;
  std::string text_input_, text_output_, vision_input_, vision_output_;
  uint32_t dim_ = 0;
  size_t batch_size_ = 8;
  size_t text_rows_ = 1;    // the text tower's fixed batch
  size_t text_length_ = 0;  // its fixed sequence length, or 0
};

}  // namespace sightline
