#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "indexer/catalog/image_work.h"
#include "indexer/media/encode_webp.h"
#include "indexer/models/detector.h"
#include "native/base/result.h"
#include "native/clip/image_preprocess.h"

namespace sightline {

struct PrepareOptions {
  ImagePreprocessing preprocessing;
  const Detector* detector = nullptr;  // null: no detections and no crops
  bool crops = true;                   // a view for every detected box that is large enough
  float min_confidence = 0.3f;
  uint32_t thumbnail_px = 512;  // of the longer side; 0: no thumbnail
};

// Of thumbnails. At this quality a thumbnail is as like the picture, by SSIM, as a JPEG of quality
// 80; a slower method saves 7 % more bytes and takes twice as long (tests/bench/README.md).
inline constexpr WebpOptions kThumbnailWebp = {.quality = 80, .method = 2, .noise_shaping = 70};

ThumbnailKey thumbnail_key(uint32_t longest_px);

// Boxes whose longer side is shorter become no crop: there is too little to see in them.
inline constexpr float kMinCropSidePx = 24.0f;
// Crops of one image, most confident first.
inline constexpr size_t kMaxCropsPerImage = 32;

// The part of WorkKey::options that these choices make up.
std::string work_options(const PrepareOptions& options);

// An image as the vision tower takes it.
struct PreparedImage {
  ImageWork work;             // complete but for the embeddings of its views
  std::vector<float> pixels;  // [views, 3, size_px, size_px] float32
};

// Decodes, detects, cuts the views and the thumbnail. Thread-safe.
Result<PreparedImage> prepare_image(std::span<const uint8_t> bytes, const PrepareOptions& options);

// The image with a longer side of at most longest_px; a smaller one keeps its size.
RgbImage thumbnail_pixels(const RgbImage& image, uint32_t longest_px);

// That as a WebP file.
Result<std::vector<uint8_t>> encode_thumbnail(const RgbImage& image, uint32_t longest_px);

}  // namespace sightline
