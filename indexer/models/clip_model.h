#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "indexer/models/clip_towers.h"
#include "indexer/models/model_folder.h"
#include "indexer/models/packed_encoder_objects.h"
#include "native/base/result.h"
#include "native/clip/image_preprocess.h"
#include "native/clip/tokenizer.h"

namespace sightline {

struct ClipOptions {
  OnnxOptions onnx;
  bool with_text = true;  // a tower that is not wanted is not loaded
  bool with_vision = true;
};

// A CLIP pair: texts and images become unit vectors of one space.
// Const members may be called from several threads.
class ClipModel {
 public:
  // Loads the wanted towers and checks that they are what they should be and fit each other.
  // Errors: kModel, naming the file, what it is and what was expected.
  static Result<ClipModel> load(const ModelFolder& folder, const ClipOptions& options = {});

  const std::string& id() const { return folder_.id; }
  const ModelFolder& folder() const { return folder_; }
  uint32_t dim() const { return dim_; }
  const ImagePreprocessing& preprocessing() const { return folder_.clip.preprocessing; }
  uint32_t image_size_px() const { return preprocessing().size_px; }
  const Tokenizer& tokenizer() const { return tokenizer_; }

  // Of the towers' files, hexadecimal; empty for a tower that was not loaded.
  std::string text_sha256() const { return text_ ? text_->sha256() : ""; }
  std::string vision_sha256() const { return vision_ ? vision_->sha256() : ""; }

  size_t batch_size() const { return vision_ ? vision_->batch_size() : 1; }
  // "cpu" or "cuda", and why CUDA was not taken where it was tried and failed.
  std::string device() const { return any_tower().session().device(); }
  std::string device_note() const { return any_tower().session().device_note(); }

  // Of what embeds texts: equal digests give equal embeddings.
  Sha256Digest text_encoder_digest() const;

  // From here on texts are embedded by the packed encoder, as in the bundles that carry it.
  // Errors: kCorrupt where it is none of this model's dimension; nothing changes then.
  Result<void> use_packed_encoder(PackedEncoder stored);
  // Null unless use_packed_encoder() succeeded.
  const PackedEncoder* packed_encoder() const { return packed_ ? &packed_->stored : nullptr; }

  // [texts.size(), dim] float32, unit rows; a text beyond the context length is cut.
  // Requires with_text.
  Result<std::vector<float>> embed_text(std::span<const std::string> texts) const;

  // The same, faster for many: texts of one length run together. done is called with the number of
  // texts of each run, from any thread.
  Result<std::vector<float>> embed_text_batches(std::span<const std::string> texts,
                                                const std::function<void(size_t)>& done = {}) const;

  // pixels: [n, 3, image_size_px, image_size_px] float32 as preprocess() makes them.
  // Returns [n, dim] float32, unit rows, batch_size() images a run. Requires with_vision.
  Result<std::vector<float>> embed_pixels(std::span<const float> pixels) const;

 private:
  ClipModel(ModelFolder folder, Tokenizer tokenizer)
      : folder_(std::move(folder)), tokenizer_(std::move(tokenizer)) {}
  const ClipTower& any_tower() const {
    return vision_ ? static_cast<const ClipTower&>(*vision_) : *text_;
  }

  struct Packed {
    PackedEncoder stored;
    PackedTextEncoder encoder;
  };

  ModelFolder folder_;
  Tokenizer tokenizer_;
  std::shared_ptr<const Packed> packed_;
  std::optional<TextTower> text_;
  std::optional<VisionTower> vision_;
  uint32_t dim_ = 0;
  unsigned thread_count_ = 1;
};

}  // namespace sightline
