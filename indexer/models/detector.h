#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "indexer/media/decode.h"
#include "indexer/models/detection.h"
#include "indexer/models/letterbox.h"
#include "indexer/models/model_folder.h"
#include "indexer/models/onnx_session.h"
#include "native/base/result.h"

namespace sightline {

// An object detector of the YOLOv8 or YOLOX family.
class Detector {
 public:
  // Loads the network and runs it once to learn what its output looks like.
  // Errors: kModel where the folder is no detector or the output is of neither family.
  static Result<Detector> load(const ModelFolder& folder, const OnnxOptions& options = {});

  // Boxes of at least min_confidence in pixels of the original image, clipped to it, most
  // confident first, overlaps within a class suppressed. At most 300. Thread-safe.
  Result<std::vector<Detection>> detect(const DecodedImage& image, float min_confidence) const;

  const std::string& id() const { return id_; }
  const std::string& sha256() const { return sha256_; }  // of the network's file, hexadecimal
  const std::string& licence() const { return licence_; }
  const std::vector<std::string>& class_names() const { return class_names_; }
  // The longer side of the network's input: what an image should at least be decoded to.
  uint32_t input_size_px() const { return std::max(input_.width_px, input_.height_px); }
  // "YOLOX, 416 x 416, 80 classes"
  std::string summary() const;
  const OnnxSession& session() const { return session_; }

 private:
  explicit Detector(OnnxSession session) : session_(std::move(session)) {}
  Result<void> read_input(const DetectorFiles& files);
  Result<void> read_layout(const DetectorFiles& files);
  Result<void> read_class_names(const DetectorFiles& files);
  Result<OutputTensor> run(std::span<const float> values) const;

  OnnxSession session_;
  std::string id_, sha256_, licence_;
  std::string output_name_;
  DetectorLayout layout_ = DetectorLayout::kAuto;
  LetterboxOptions input_;
  size_t class_count_ = 0;
  std::vector<std::string> class_names_;
  float nms_iou_ = 0.45f;
};

}  // namespace sightline
