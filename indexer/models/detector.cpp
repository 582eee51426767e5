#include "indexer/models/detector.h"

#include <iterator>

#include "indexer/models/coco_class_names.h"
#include "indexer/models/yolo_output.h"

namespace sightline {
namespace {

constexpr uint32_t kDefaultSizePx = 640;
constexpr int64_t kMaxSizePx = 8192;
constexpr size_t kMaxDetections = 300;

const char* layout_name(DetectorLayout layout) {
  return layout == DetectorLayout::kYolov8 ? "YOLOv8" : "YOLOX";
}

std::string shape_text(const std::vector<int64_t>& shape) {
  return describe({"", ElementType::kFloat, shape});
}

}  // namespace

Result<Detector> Detector::load(const ModelFolder& folder, const OnnxOptions& options) {
  if (folder.kind != ModelKind::kDetector) return wrong_kind(folder, ModelKind::kDetector);
  ASSIGN_OR_RETURN(const auto file, read_model_file(folder.detector.network));
  ASSIGN_OR_RETURN(auto session,
                   OnnxSession::create(file.bytes, folder.detector.network.path, options));
  Detector detector(std::move(session));
  detector.id_ = folder.id;
  detector.sha256_ = file.sha256;
  detector.licence_ = folder.licence;
  detector.nms_iou_ = folder.detector.nms_iou;
  RETURN_IF_ERROR(detector.read_input(folder.detector));
  RETURN_IF_ERROR(detector.read_layout(folder.detector));
  RETURN_IF_ERROR(detector.read_class_names(folder.detector));
  return detector;
}

Result<void> Detector::read_input(const DetectorFiles& files) {
  const auto& inputs = session_.inputs();
  const bool fits =
      inputs.size() == 1 && inputs[0].shape.size() == 4 && inputs[0].shape[0] <= 1 &&
      (inputs[0].shape[1] == 3 || inputs[0].shape[1] < 0) &&
      (inputs[0].type == ElementType::kFloat || inputs[0].type == ElementType::kFloat16);
  if (!fits) {
    return model_error(session_.title() + " is no detector: it takes " +
                       (inputs.empty() ? "nothing" : describe(inputs[0])) +
                       (inputs.size() > 1 ? " and more" : "") +
                       ", expected one image, float [1, 3, height, width]");
  }
  const uint32_t open_size_px = files.input_size_px != 0 ? files.input_size_px : kDefaultSizePx;
  const auto side_px = [&](int64_t declared) {
    return declared < 0 ? int64_t{open_size_px} : declared;
  };
  const int64_t height_px = side_px(inputs[0].shape[2]), width_px = side_px(inputs[0].shape[3]);
  if (std::min(height_px, width_px) < 32 || std::max(height_px, width_px) > kMaxSizePx ||
      height_px % 32 != 0 || width_px % 32 != 0) {
    return model_error(session_.title() + " is no detector: its input is " +
                       std::to_string(width_px) + " x " + std::to_string(height_px) +
                       " pixels, expected multiples of 32 up to " + std::to_string(kMaxSizePx));
  }
  input_.width_px = static_cast<uint32_t>(width_px);
  input_.height_px = static_cast<uint32_t>(height_px);
  output_name_ =
      files.network.output.empty() ? session_.outputs().at(0).name : files.network.output;
  return {};
}

Result<void> Detector::read_layout(const DetectorFiles& files) {
  const size_t plane = size_t{input_.width_px} * input_.height_px;
  const float grey = files.pixel_max == 1 ? 0.447f : 114.0f;
  ASSIGN_OR_RETURN(const auto output, run(std::vector<float>(3 * plane, grey)));
  const auto anchors = static_cast<int64_t>(anchor_count(input_.width_px, input_.height_px));
  const auto& shape = output.shape;
  const bool is_head = shape.size() == 3 && shape[0] == 1;
  const bool is_yolov8 = is_head && shape[2] == anchors && shape[1] > 4;
  const bool is_yolox = is_head && shape[1] == anchors && shape[2] > 5;
  const bool wants_yolov8 = files.layout == DetectorLayout::kYolov8;
  const bool wants_yolox = files.layout != DetectorLayout::kAuto && !wants_yolov8;
  if ((!is_yolov8 && !is_yolox) || (wants_yolov8 && !is_yolov8) || (wants_yolox && !is_yolox)) {
    return model_error(session_.title() + " is no detector of a known kind: it gives" +
                       shape_text(shape) + ", expected [1, 4 + classes, " +
                       std::to_string(anchors) + "] (YOLOv8) or [1, " + std::to_string(anchors) +
                       ", 5 + classes] (YOLOX), without suppression inside");
  }
  layout_ = files.layout;
  class_count_ = static_cast<size_t>(is_yolov8 ? shape[1] - 4 : shape[2] - 5);
  if (layout_ == DetectorLayout::kAuto && is_yolov8) layout_ = DetectorLayout::kYolov8;
  if (layout_ == DetectorLayout::kAuto) {
    layout_ = looks_decoded(output.values, class_count_) ? DetectorLayout::kYoloxDecoded
                                                         : DetectorLayout::kYolox;
  }
  const bool yolov8 = layout_ == DetectorLayout::kYolov8;
  input_.centred = yolov8;
  input_.bgr = files.pixel_order.empty() ? !yolov8 : files.pixel_order == "bgr";
  input_.pixel_max = files.pixel_max != 0 ? files.pixel_max : yolov8 ? 1.0f : 255.0f;
  return {};
}

Result<void> Detector::read_class_names(const DetectorFiles& files) {
  class_names_ = files.class_names;
  if (class_names_.empty() && class_count_ == std::size(kCocoClassNames)) {
    class_names_.assign(std::begin(kCocoClassNames), std::end(kCocoClassNames));
  }
  if (class_names_.size() != class_count_) {
    return model_error(session_.title() + " has " + std::to_string(class_count_) + " classes and " +
                       std::to_string(class_names_.size()) +
                       " names; list them as class_names in a model.json beside it");
  }
  return {};
}

Result<OutputTensor> Detector::run(std::span<const float> values) const {
  const InputTensor input{
      session_.inputs()[0].name, {1, 3, input_.height_px, input_.width_px}, values};
  return session_.run({&input, 1}, output_name_);
}

Result<std::vector<Detection>> Detector::detect(const DecodedImage& image,
                                                float min_confidence) const {
  const auto boxed = letterbox(image.pixels, input_);
  ASSIGN_OR_RETURN(const auto output, run(boxed.values));
  const size_t row_length = class_count_ + (layout_ == DetectorLayout::kYolov8 ? 4 : 5);
  if (output.values.size() != row_length * anchor_count(input_.width_px, input_.height_px)) {
    return model_error(session_.title() + " gives" + shape_text(output.shape) +
                       " for one image and another shape for the next");
  }
  auto candidates = layout_ == DetectorLayout::kYolov8
                        ? read_yolov8(output.values, class_count_, min_confidence)
                        : read_yolox(output.values, class_count_, input_.width_px, input_.height_px,
                                     layout_ == DetectorLayout::kYoloxDecoded, min_confidence);
  candidates = suppress_overlaps(std::move(candidates), nms_iou_, kMaxDetections);

  const auto width_px = static_cast<float>(image.original_width_px);
  const auto height_px = static_cast<float>(image.original_height_px);
  const float to_original_x = width_px / static_cast<float>(image.pixels.width_px) / boxed.scale_x;
  const float to_original_y =
      height_px / static_cast<float>(image.pixels.height_px) / boxed.scale_y;
  std::vector<Detection> detections;
  for (const Candidate& candidate : candidates) {
    const auto& box = candidate.box_xyxy_px;
    const auto x = [&](float at) {
      return std::clamp((at - boxed.left_px) * to_original_x, 0.0f, width_px);
    };
    const auto y = [&](float at) {
      return std::clamp((at - boxed.top_px) * to_original_y, 0.0f, height_px);
    };
    Detection detection{candidate.class_id,
                        class_names_[candidate.class_id],
                        candidate.confidence,
                        {x(box[0]), y(box[1]), x(box[2]), y(box[3])}};
    const auto& clipped = detection.box_xyxy_px;
    if (clipped[0] < clipped[2] && clipped[1] < clipped[3])
      detections.push_back(std::move(detection));
  }
  return detections;
}

std::string Detector::summary() const {
  return std::string(layout_name(layout_)) + ", " + std::to_string(input_.width_px) + " x " +
         std::to_string(input_.height_px) + ", " + std::to_string(class_count_) + " classes";
}

}  // namespace sightline
