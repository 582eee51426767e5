#include "indexer/commands/detect.h"

#include <iomanip>
#include <iostream>

#include "indexer/base/file_io.h"
#include "indexer/base/json.h"
#include "indexer/models/detector.h"
#include "indexer/models/model_registry.h"

namespace sightline {
namespace {

JsonValue to_json(const Detection& detection) {
  const auto& box = detection.box_xyxy_px;
  return JsonValue{{"class_name", detection.class_name},
                   {"confidence", detection.confidence},
                   {"box_xyxy_px", JsonValue::Array(box.begin(), box.end())}};
}

void print_line(const Detection& detection) {
  std::cout << std::fixed << std::setprecision(2) << detection.confidence << std::setprecision(1);
  for (const float at : detection.box_xyxy_px) std::cout << ' ' << std::setw(7) << at;
  std::cout << "  " << detection.class_name << '\n';
}

}  // namespace

Result<int> run_detect(const DetectOptions& options) {
  if (!(options.min_confidence >= 0 && options.min_confidence <= 1)) {
    return invalid_argument("--confidence is " + std::to_string(options.min_confidence) +
                            "; 0 to 1 is possible");
  }
  ASSIGN_OR_RETURN(const auto found, find_model(options.detector, ModelKind::kDetector));
  if (found.is_embedded && options.detector.empty()) std::cerr << kEmbeddedModelWarning << '\n';
  ASSIGN_OR_RETURN(const auto detector, Detector::load(found.folder, options.onnx));
  ASSIGN_OR_RETURN(const auto bytes, read_file(options.image_path, DecodeLimits{}.max_bytes));
  const auto image = decode_image(bytes);
  if (!image) return Error{image.error().code, options.image_path + ": " + image.error().message};
  ASSIGN_OR_RETURN(const auto detections, detector.detect(*image, options.min_confidence));
  if (!options.json) {
    for (const Detection& detection : detections) print_line(detection);
    return 0;
  }
  JsonValue::Array items;
  for (const Detection& detection : detections) items.push_back(to_json(detection));
  std::cout << dump_json(JsonValue{{"detections", std::move(items)}}) << '\n';
  return 0;
}

}  // namespace sightline
