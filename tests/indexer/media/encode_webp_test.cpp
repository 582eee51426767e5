#include "indexer/media/encode_webp.h"

#include <cstdlib>

#include <catch2/catch.hpp>
#include <webp/decode.h>

using namespace sightline;

namespace {

RgbImage gradient(uint32_t width_px, uint32_t height_px) {
  RgbImage image{width_px, height_px, {}};
  for (uint32_t y = 0; y < height_px; ++y) {
    for (uint32_t x = 0; x < width_px; ++x) {
      for (const uint32_t value : {x * 255 / width_px, y * 255 / height_px, 128u})
        image.pixels.push_back(static_cast<uint8_t>(value));
    }
  }
  return image;
}

}  // namespace

TEST_CASE("a WebP shows the picture it was made of") {
  const RgbImage image = gradient(61, 34);
  const auto webp = encode_webp(image, {.quality = 90});
  REQUIRE(webp);
  int width = 0, height = 0;
  uint8_t* pixels = WebPDecodeRGB(webp->data(), webp->size(), &width, &height);
  REQUIRE(pixels != nullptr);
  REQUIRE(width == 61);
  REQUIRE(height == 34);
  int worst = 0;
  for (size_t i = 0; i < image.pixels.size(); ++i)
    worst = std::max(worst, std::abs(int{pixels[i]} - int{image.pixels[i]}));
  WebPFree(pixels);
  CHECK(worst <= 12);
}

TEST_CASE("the same pixels and options give the same WebP, another quality another") {
  const RgbImage image = gradient(64, 64);
  CHECK(encode_webp(image, {}).value() == encode_webp(image, {}).value());
  CHECK(encode_webp(image, {.quality = 90}).value() != encode_webp(image, {}).value());
}

TEST_CASE("an image without pixels or with too long a side makes no WebP") {
  CHECK(encode_webp({}, {}).error().code == ErrorCode::kInvalidArgument);
  const auto wide = encode_webp({16384, 1, std::vector<uint8_t>(16384 * 3)}, {});
  REQUIRE_FALSE(wide);
  CHECK(wide.error().message == "cannot write a WebP of 16384 x 1 pixels; 1 to 16383 a side fit");
}
