#include "indexer/models/detector.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <catch2/catch.hpp>

#include "indexer/base/file_io.h"
#include "indexer/models/yolo_output.h"
#include "tests/indexer/models/onnx_writer.h"
#include "tests/indexer/models/tiny_clip.h"
#include "tests/indexer/temporary_folder.h"

using namespace sightline;
namespace fs = std::filesystem;

namespace {

constexpr int64_t kInputPx = 64;
constexpr size_t kAnchorCount = 84;  // 8 x 8 + 4 x 4 + 2 x 2

// A network that gives the same output for every picture.
void write_network(const std::string& path, const std::vector<int64_t>& output_shape,
                   const std::vector<float>& output,
                   std::vector<int64_t> input_shape = {1, 3, kInputPx, kInputPx}) {
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
  return {{width_px, height_px, std::vector<uint8_t>(size_t{width_px} * height_px * 3)},
          width_px,
          height_px};
}

struct Tally {
  size_t true_count = 0, found_count = 0, labelled_count = 0, image_count = 0;
  double precision() const {
    return static_cast<double>(true_count) / static_cast<double>(found_count);
  }
  double recall() const {
    return static_cast<double>(true_count) / static_cast<double>(labelled_count);
  }
};

std::vector<Detection> read_labels(const fs::path& path, const DecodedImage& image) {
  std::vector<Detection> labels;
  std::ifstream file(path);
  const auto width_px = static_cast<float>(image.original_width_px);
  const auto height_px = static_cast<float>(image.original_height_px);
  uint32_t class_id = 0;
  float x = 0, y = 0, w = 0, h = 0;
  while (file >> class_id >> x >> y >> w >> h) {
    labels.push_back({class_id,
                      "",
                      1,
                      {(x - w / 2) * width_px, (y - h / 2) * height_px, (x + w / 2) * width_px,
                       (y + h / 2) * height_px}});
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

Tally measure(const Detector& detector, float min_confidence, size_t photo_count) {
  const fs::path photos = SIGHTLINE_SHARED_DIR "/assets/images/coco_val_captioned";
  std::vector<fs::path> label_paths(fs::directory_iterator(photos / "src/labels"), {});
  std::sort(label_paths.begin(), label_paths.end());
  label_paths.resize(std::min(label_paths.size(), photo_count));
  Tally tally;
  for (const fs::path& label_path : label_paths) {
    const auto bytes =
        read_file((photos / "images" / label_path.stem()).string() + ".jpg", size_t{1} << 26);
    REQUIRE(bytes);
    const auto image = decode_image(*bytes);
    REQUIRE(image);
    const auto detections = detector.detect(*image, min_confidence);
    REQUIRE(detections);
    const auto labels = read_labels(label_path, *image);
    tally.true_count += count_true(*detections, labels);
    tally.found_count += detections->size();
    tally.labelled_count += labels.size();
    ++tally.image_count;
  }
  return tally;
}

void check_on_photos(const std::string& network, size_t photo_count, double min_precision,
                     double min_recall) {
  const std::string path = SIGHTLINE_SHARED_DIR "/assets/detector/" + network;
  if (!fs::exists(path)) {
    WARN("skipped, absent: " << path);
    return;
  }
  const auto detector = load_detector(path);
  REQUIRE(detector);
  CHECK(detector->class_names().size() == 80);
  const Tally tally = measure(*detector, 0.3f, photo_count);
  std::cout << network << " (" << detector->summary() << ") on " << tally.image_count
            << " photos at confidence 0.3, IoU 0.5: precision " << tally.precision() << ", recall "
            << tally.recall() << '\n';
  CHECK(tally.image_count == photo_count);
  CHECK(tally.precision() >= min_precision);
  CHECK(tally.recall() >= min_recall);
}

}  // namespace

TEST_CASE("YOLOX-nano finds what is labelled in COCO photos") {
  check_on_photos("yolox_nano.onnx", 128, 0.68, 0.42);
}

// The scores of this file are quantised coarsely, which costs precision and recall; the boxes are
// good.
TEST_CASE("YOLOv8-nano in int8 finds what is labelled in COCO photos") {
  check_on_photos("yolov8n_quant_int8.headfix.onnx", 32, 0.50, 0.28);
}

TEST_CASE("YOLOv8 boxes come back in pixels of the original, clipped and without repeats") {
  const TemporaryFolder folder;
  // Two classes: anchor 0 and its weaker double, a box of the other class on the same place, one
  // that reaches outside, one too weak.
  std::vector<float> output(6 * kAnchorCount);
  const auto put = [&](size_t anchor, std::array<float, 4> box, float first, float second) {
    for (size_t row = 0; row < 4; ++row) output[row * kAnchorCount + anchor] = box[row];
    output[4 * kAnchorCount + anchor] = first;
    output[5 * kAnchorCount + anchor] = second;
  };
  put(0, {32, 32, 16, 8}, 0.9f, 0.1f);
  put(1, {33, 32, 16, 8}, 0.8f, 0.1f);
  put(2, {32, 32, 16, 8}, 0.1f, 0.7f);
  put(83, {0, 32, 16, 8}, 0.6f, 0.1f);
  put(82, {50, 50, 4, 4}, 0.2f, 0.1f);
  write_network(folder / "model.onnx", {1, 6, kAnchorCount}, output);
  tiny_clip::write_text(folder / "model.json",
                        R"({"id":"two","kind":"detector","class_names":["car","van"]})");
  const auto detector = load_detector(folder.path());
  REQUIRE(detector);
  CHECK(detector->id() == "two");
  CHECK(detector->summary() == "YOLOv8, 64 x 64, 2 classes");

  // 128 x 64 fits as 64 x 32 with 16 rows of grey above and below.
  const auto found = detector->detect(blank(128, 64), 0.5f);
  REQUIRE(found);
  REQUIRE(found->size() == 3);
  CHECK((*found)[0] == Detection{0, "car", 0.9f, {48, 24, 80, 40}});
  CHECK((*found)[1] == Detection{1, "van", 0.7f, {48, 24, 80, 40}});
  CHECK((*found)[2] == Detection{0, "car", 0.6f, {0, 24, 16, 40}});

  DecodedImage halved = blank(128, 64);
  halved.original_width_px = 256;
  halved.original_height_px = 128;
  CHECK((*detector->detect(halved, 0.8f))[0].box_xyxy_px == std::array<float, 4>{96, 48, 160, 80});
}

TEST_CASE(
    "YOLOX boxes are decoded from their grid cell, or taken as they are where already decoded") {
  const TemporaryFolder folder;
  constexpr size_t kRow = 5 + 80;
  std::vector<float> raw(kAnchorCount * kRow), decoded = raw;
  for (size_t i = 0; i < kAnchorCount; ++i) decoded[i * kRow] = static_cast<float>(i % 8) * 8 + 17;
  const auto put = [&](std::vector<float>& output, size_t anchor, std::array<float, 5> row,
                       size_t class_id) {
    std::copy(row.begin(), row.end(), output.begin() + static_cast<ptrdiff_t>(anchor * kRow));
    output[anchor * kRow + 5 + class_id] = 0.5f;
  };
  // Cell (1, 2) of the 4 x 4 grid at stride 16: anchor 64 + 2 * 4 + 1.
  put(raw, 73, {0.5f, 0.25f, std::log(2.0f), std::log(0.5f), 0.8f}, 2);
  put(decoded, 73, {24, 36, 32, 8, 0.8f}, 2);
  write_network(folder / "raw.onnx", {1, kAnchorCount, kRow}, raw);
  write_network(folder / "decoded.onnx", {1, kAnchorCount, kRow}, decoded);
  for (const char* name : {"raw.onnx", "decoded.onnx"}) {
    const auto detector = load_detector(folder / name);
    REQUIRE(detector);
    CHECK(detector->summary() == "YOLOX, 64 x 64, 80 classes");
    const auto found = detector->detect(blank(64, 64), 0.3f);
    REQUIRE(found);
    REQUIRE(found->size() == 1);
    CHECK((*found)[0].class_name == "car");
    CHECK((*found)[0].confidence == Approx(0.4));
    const std::array<float, 4> expected = {8, 32, 40, 40};
    for (size_t i = 0; i < 4; ++i)
      CHECK((*found)[0].box_xyxy_px[i] == Approx(expected[i]).margin(1e-4));
  }
}

TEST_CASE(
    "the picture is fitted as the network was trained: place, order and range of its pixels") {
  RgbImage image{2, 1, {255, 0, 51, 255, 0, 51}};
  const auto centred = letterbox(image, {32, 32, true, false, 1});
  const auto at = [](const Letterbox& box, size_t plane, size_t x, size_t y) {
    return box.values[plane * 1024 + y * 32 + x];
  };
  CHECK(at(centred, 0, 0, 7) == Approx(114 / 255.0));
  CHECK(at(centred, 0, 0, 8) == 1);
  CHECK(at(centred, 2, 31, 23) == Approx(0.2));
  CHECK(at(centred, 2, 31, 24) == Approx(114 / 255.0));
  CHECK(centred.top_px == 8);
  const auto cornered = letterbox(image, {32, 32, false, true, 255});
  CHECK(at(cornered, 0, 0, 0) == 51);
  CHECK(at(cornered, 2, 31, 15) == 255);
  CHECK(at(cornered, 1, 0, 16) == 114);
}

TEST_CASE("what is no detector is refused in one line") {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& path, const std::string& reason) {
    const auto detector = load_detector(path);
    REQUIRE_FALSE(detector);
    INFO(detector.error().message);
    CHECK(detector.error().code == ErrorCode::kModel);
    CHECK(detector.error().message.find(reason) != std::string::npos);
  };
  write_network(folder / "classifier.onnx", {1, 1000}, std::vector<float>(1000));
  refused(folder / "classifier.onnx", "no detector of a known kind");
  write_network(folder / "suppressed.onnx", {1, 300, 6}, std::vector<float>(1800));
  refused(folder / "suppressed.onnx", "without suppression inside");
  write_network(folder / "odd.onnx", {1, 6, kAnchorCount}, std::vector<float>(6 * kAnchorCount),
                {1, 3, 50, 50});
  refused(folder / "odd.onnx", "50 x 50 pixels");
  write_network(folder / "grey.onnx", {1, 6, kAnchorCount}, std::vector<float>(6 * kAnchorCount),
                {1, 1, 64, 64});
  refused(folder / "grey.onnx", "expected one image");
  write_network(folder / "nameless.onnx", {1, 6, kAnchorCount},
                std::vector<float>(6 * kAnchorCount));
  refused(folder / "nameless.onnx", "class_names");
  tiny_clip::write(folder / "clip");
  refused(folder / "clip", "this is a CLIP model");
  refused(folder / "clip/onnx/text_model.onnx", "input_ids int64");
  tiny_clip::write_text(folder / "text.onnx", "not a network");
  refused(folder / "text.onnx", "text.onnx");
}

TEST_CASE("the embedded streets detector loads and runs") {
  const std::string path = SIGHTLINE_SOURCE_DIR "/datasets/streets/models/streets-detector";
  if (!fs::exists(path)) {
    WARN("skipped, absent: " << path);
    return;
  }
  const auto detector = load_detector(path);
  REQUIRE(detector);
  CHECK(detector->id() == "streets-detector-v2");
  CHECK(detector->detect(blank(640, 360), 0.3f));
}
