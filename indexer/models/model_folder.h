#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/clip/image_preprocess.h"

namespace sightline {

enum class ModelKind : uint8_t { kClip, kDetector };

// "clip" or "detector".
const char* model_kind_name(ModelKind kind);

// One network of a model. input and output are empty where the usual names hold.
struct ModelFile {
  std::string path;
  std::string sha256;  // 64 hexadecimal digits from model.json, or empty
  std::string input;
  std::string output;
};

struct ClipFiles {
  ModelFile text;
  ModelFile vision;
  std::string vocab_path;
  std::string merges_path;
  ImagePreprocessing preprocessing;
};

enum class DetectorLayout : uint8_t { kAuto, kYolox, kYoloxDecoded, kYolov8 };

struct DetectorFiles {
  ModelFile network;
  DetectorLayout layout = DetectorLayout::kAuto;
  std::vector<std::string> class_names;  // empty: by the number of classes
  std::string pixel_order;               // "rgb", "bgr" or empty: by the layout
  float pixel_max = 0;                   // what 255 becomes: 1 or 255; 0: by the layout
  uint32_t input_size_px = 0;            // for networks that take any size; 0: 640
  float nms_iou = 0.45f;
};

// What a model folder says about itself, before any network is loaded.
struct ModelFolder {
  std::string path;  // the folder, or the bare .onnx file
  std::string id;    // of model.json, else the folder's or file's name
  std::string licence;
  ModelKind kind = ModelKind::kClip;
  uint32_t dim = 0;  // of model.json; 0 where it does not say
  ClipFiles clip;
  DetectorFiles detector;
};

// Reads the description of a model: a folder in the Hugging Face layout, with or without our
// model.json, or a bare detector.onnx. Where a role has several files, full precision is taken
// before quantised ones unless model.json names one.
// Errors: kNotFound where there is no such path; kModel for a folder that holds no model or breaks
// its own description.
Result<ModelFolder> open_model_folder(const std::string& path);

// The bytes of a network; their SHA-256 was compared where model.json states one.
struct ModelBytes {
  std::vector<uint8_t> bytes;
  std::string sha256;
};
Result<ModelBytes> read_model_file(const ModelFile& file);

// The error of a model given for another purpose, such as a detector as --model.
Error wrong_kind(const ModelFolder& folder, ModelKind wanted);

}  // namespace sightline
