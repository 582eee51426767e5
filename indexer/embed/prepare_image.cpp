#include "indexer/embed/prepare_image.h"

#include <algorithm>

#include "indexer/media/decode.h"

namespace sightline {
namespace {

constexpr const char* kViewsVersion = "1";

std::vector<View> crop_views(const std::vector<Detection>& detections, uint32_t width_px,
                             uint32_t height_px) {
  std::vector<View> views;
  for (const auto& detection : detections) {
    const auto [x0, y0, x1, y1] = detection.box_xyxy_px;
    if (std::max(x1 - x0, y1 - y0) < kMinCropSidePx) continue;
    if (views.size() == kMaxCropsPerImage) break;
    views.push_back({ViewKind::kCrop, crop_box(x0, y0, x1, y1, width_px, height_px)});
  }
  return views;
}

// Twice the model's input is what its antialiasing needs; boxes need every pixel there is.
uint32_t needed_short_side_px(const PrepareOptions& options) {
  if (options.detector == nullptr) {
    return std::max(2 * options.preprocessing.size_px, options.thumbnail_px);
  }
  if (options.crops) return 0;
  return std::max(
      {2 * options.preprocessing.size_px, options.thumbnail_px, options.detector->input_size_px()});
}

}  // namespace

std::string work_options(const PrepareOptions& options) {
  std::string text = std::string("views=") + kViewsVersion;
  if (options.detector != nullptr) {
    text += options.crops ? ";crops=on" : ";crops=off";
    text += ";confidence=" + std::to_string(options.min_confidence);
  }
  return text;
}

ThumbnailKey thumbnail_key(uint32_t longest_px) {
  const auto& [quality, method, noise_shaping] = kThumbnailWebp;
  return {longest_px, "webp quality=" + std::to_string(quality) +
                          ";method=" + std::to_string(method) +
                          ";noise_shaping=" + std::to_string(noise_shaping)};
}

RgbImage thumbnail_pixels(const RgbImage& image, uint32_t longest_px) {
  const uint32_t longest = std::max(image.width_px, image.height_px);
  if (longest <= longest_px) return image;
  const auto scaled = [&](uint32_t side_px) {
    const uint64_t rounded = (uint64_t{side_px} * longest_px + longest / 2) / longest;
    return std::max<uint32_t>(1, static_cast<uint32_t>(rounded));
  };
  const PixelBox all{0, 0, image.width_px, image.height_px};
  return resize(image, all, scaled(image.width_px), scaled(image.height_px));
}

Result<std::vector<uint8_t>> encode_thumbnail(const RgbImage& image, uint32_t longest_px) {
  return encode_webp(thumbnail_pixels(image, longest_px), kThumbnailWebp);
}

Result<PreparedImage> prepare_image(std::span<const uint8_t> bytes, const PrepareOptions& options) {
  ASSIGN_OR_RETURN(const auto image, decode_image(bytes, needed_short_side_px(options)));
  PreparedImage prepared;
  ImageWork& work = prepared.work;
  work.width_px = image.original_width_px;
  work.height_px = image.original_height_px;
  auto views = view_boxes(work.width_px, work.height_px);
  if (options.detector != nullptr) {
    ASSIGN_OR_RETURN(work.detections, options.detector->detect(image, options.min_confidence));
    if (options.crops) {
      const auto crops = crop_views(work.detections, work.width_px, work.height_px);
      views.insert(views.end(), crops.begin(), crops.end());
    }
  }
  for (const View& view : views) {
    const PixelBox box = scale_view(view, work.width_px, work.height_px, image.pixels.width_px,
                                    image.pixels.height_px);
    const auto pixels = preprocess(image.pixels, box, options.preprocessing);
    prepared.pixels.insert(prepared.pixels.end(), pixels.begin(), pixels.end());
    work.views.push_back({view, {}});
  }
  if (options.thumbnail_px > 0) {
    ASSIGN_OR_RETURN(work.thumbnail, encode_thumbnail(image.pixels, options.thumbnail_px));
  }
  return prepared;
}

}  // namespace sightline
