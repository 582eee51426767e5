#include "indexer/detector.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <catch2/catch.hpp>

#include "indexer/file_io.h"
#include "indexer/yolo_output.h"
#include "tests/indexer/onnx_writer.h"
#include "tests/indexer/temporary_folder.h"

using namespace sightline;
namespace fs = std::filesystem;

namespace {

constexpr int kInputPx = 64;
constexpr size_t kAnchorCount = 84;  // 8 x 8 + 4 x 4 + 2 x 2

// A network that gives the same output for every picture.
void write_network(const std::string& path, const std::vector<int64_t>& output_shape,
                   const std::vector<float>& output, std::vector<int64_t> input_shape = {1, 3, kInputPx, kInputPx}) {
  using namespace onnx_writer;
  Graph graph;
  graph.inputs = {value_info("images", kFloat, input_shape)};
  graph.outputs = {value_info("output", kFloat, output_shape)};
  graph.initializers = {float_tensor("fixed", output_shape, output)};
  graph.nodes = {node("Identity", {"fixed"}, {"output"})};
  REQUIRE(write_file_atomic(path, model(graph)));
}

Result<Detector> load_detector(const std::string& path) {
  ASSIGN_OR_RETURN(const auto folder, open_model_folder(path));
  return Detector::load(folder, {Device::kCpu, 2});
}

DecodedImage blank(uint32_t width_px, uint32_t height_px) {
  return {{width_px, height_px, std::vector<uint8_t>(size_t{width_px} * height_px * 3)}, width_px, height_px};
}

struct Tally {
  size_t true_count = 0, found_count = 0, labelled_count = 0, image_count = 0;
  double precision() const { return static_cast<double>(true_count) / static_cast<double>(found_count); }
  double recall() const { return static_cast<double>(true_count) / static_cast<double>(labelled_count); }
};

std::vector<Detection> read_labels(const fs::path& path, const DecodedImage& image) {
  std::vector<Detection> labels;
  std::ifstream file(path);
  const auto width_px = static_cast<float>(image.original_width_px);
  const auto height_px = static_cast<float>(image.original_height_px);
  uint32_t class_id = 0;
  float x = 0, y = 0, w = 0, h = 0;
  while (file >> class_id >> x >> y >> w >> h) {
    labels.push_back({class_id, "", 1,
                      {(x - w / 2) * width_px, (y - h / 2) * height_px, (x + w / 2) * width_px, (y + h / 2) * height_px}});
  }
  return labels;
}

// Each detection, most confident first, takes the best label of its class still free.
size_t count_true(const std::vector<Detection>& detections, const std::vector<Detection>& labels) {
  std::vector<bool> taken(labels.size());
  size_t count = 0;
  for (const Detection& detection : detections) {
    float best_iou = 0.5f;
    size_t best = labels.size();
    for (size_t i = 0; i < labels.size(); ++i) {
      if (taken[i] || labels[i].class_id != detection.class_id) continue;
      const float iou = box_iou(labels[i].box_xyxy_px, detection.box_xyxy_px);
      if (iou >= best_iou) {
        best_iou = iou;
        best = i;
      }
    }
    if (best == labels.size()) continue;
    taken[best] = true;
    ++count;
  }
  return count;
}

Tally measure(const Detector& detector, float min_confidence) {
  const fs::path photos = SIGHTLINE_SHARED_DIR "/assets/images/coco_val_captioned";
  Tally tally;
  for (const auto& entry : fs::directory_iterator(photos / "src/labels")) {
    const auto bytes = read_file((photos / "images" / entry.path().stem()).string() + ".jpg", size_t{1} << 26);
    REQUIRE(bytes);
    const auto image = decode_image(*bytes);
    REQUIRE(image);
    const auto detections = detector.detect(*image, min_confidence);
    REQUIRE(detections);
    const auto labels = read_labels(entry.path(), *image);
    tally.true_count += count_true(*detections, labels);
    tally.found_count += detections->size();
    tally.labelled_count += labels.size();
    ++tally.image_count;
  }
  return tally;
}

void check_on_photos(const std::string& network, double min_precision, double min_recall) {
  const std::string path = SIGHTLINE_SHARED_DIR "/assets/detector/" + network;
  if (!fs::exists(path)) {
    WARN("skipped, absent: " << path);
    return;
  }
  const auto detector = load_detector(path);
  REQUIRE(detector);
  CHECK(detector->class_names().size() == 80);
  const Tally tally = measure(*detector, 0.3f);
  std::cout << network << " (" << detector->summary() << ") on " << tally.image_count
            << " photos at confidence 0.3, IoU 0.5: precision " << tally.precision() << ", recall " << tally.recall() << '\n';
  CHECK(tally.image_count == 128);
  CHECK(tally.precision() >= min_precision);
  CHECK(tally.recall() >= min_recall);
}

}  // namespace

TEST_CASE("YOLOX-nano finds what is labelled in COCO photos") {
  check_on_photos("yolox_nano.onnx", 0.68, 0.42);
}

TEST_CASE("YOLOv8-nano in int8 finds what is labelled in COCO photos") {
  check_on_photos("yolov8n_quant_int8.headfix.onnx", 0.60, 0.40);
}
