#include "native/clip/image_preprocess.h"

#include <algorithm>
#include <cstddef>

#include "native/clip/resample.h"

namespace sightline {
namespace {

// One axis of "resize the shortest edge to size_px, then crop the centre".
AxisPlan plan_centre_axis(uint32_t length_px, uint32_t short_px, uint32_t size_px) {
  const auto resized_px = static_cast<uint32_t>(
      std::min<uint64_t>(uint64_t{size_px} * length_px / short_px, UINT32_MAX));
  return plan_bicubic_axis(length_px, 0, length_px, resized_px, (resized_px - size_px) / 2,
                           size_px);
}

RgbImage resize_centre_square(const RgbImage& image, uint32_t size_px) {
  const uint32_t short_px = std::min(image.width_px, image.height_px);
  return resample(image, plan_centre_axis(image.width_px, short_px, size_px),
                  plan_centre_axis(image.height_px, short_px, size_px));
}

}  // namespace

RgbImage resize(const RgbImage& image, const PixelBox& box, uint32_t width_px, uint32_t height_px) {
  return resample(image, plan_bicubic_axis(image.width_px, box.x0, box.x1, width_px, 0, width_px),
                  plan_bicubic_axis(image.height_px, box.y0, box.y1, height_px, 0, height_px));
}

std::vector<float> preprocess(const RgbImage& image, const PixelBox& box,
                              const ImagePreprocessing& preprocessing) {
  const uint32_t size_px = preprocessing.size_px;
  const bool is_centre = box == centre_square(image.width_px, image.height_px);
  const RgbImage square =
      is_centre ? resize_centre_square(image, size_px) : resize(image, box, size_px, size_px);
  const size_t pixel_count = size_t{size_px} * size_px;
  std::vector<float> planes(3 * pixel_count);
  for (size_t channel = 0; channel < 3; ++channel) {
    std::array<float, 256> normalised;
    for (int value = 0; value < 256; ++value) {
      const auto unit = static_cast<float>(value * (1 / 255.0));
      normalised[value] = (unit - preprocessing.mean[channel]) / preprocessing.std[channel];
    }
    float* plane = planes.data() + channel * pixel_count;
    const uint8_t* pixels = square.pixels.data() + channel;
    for (size_t i = 0; i < pixel_count; ++i) plane[i] = normalised[pixels[3 * i]];
  }
  return planes;
}

}  // namespace sightline
