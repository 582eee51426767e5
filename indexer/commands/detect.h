#pragma once

#include <string>

#include "indexer/models/onnx_session.h"
#include "native/base/result.h"

namespace sightline {

// sightline detect --detector DIR_OR_ONNX [--confidence C] IMAGE [--json]
struct DetectOptions {
  std::string detector;  // a name, folder or .onnx file; empty: the default detector
  std::string image_path;
  float min_confidence = 0.3f;
  bool json = false;
  OnnxOptions onnx;
};

// Prints {"detections": [{"class_name", "confidence", "box_xyxy_px"}]} or a line for each, most
// confident first; boxes in pixels of the image after its EXIF orientation.
Result<int> run_detect(const DetectOptions& options);

}  // namespace sightline
