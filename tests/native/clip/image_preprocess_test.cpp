#include "native/clip/image_preprocess.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <catch2/catch.hpp>

#include "native/base/sha256.h"
#include "tests/native/fixture.h"

namespace sightline {
namespace {

// The picture that make_resize_cases.py draws too: noise, hard edges, a wrapping gradient.
RgbImage picture(uint32_t width, uint32_t height) {
  RgbImage image{width, height, {}};
  uint32_t state = width * 7919 + height;
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      state = state * 1664525 + 1013904223;
      const uint32_t noise = state >> 24;
      image.pixels.push_back(static_cast<uint8_t>(noise));
      image.pixels.push_back((x / 5 + y / 7) % 2 != 0 ? 255 : 0);
      image.pixels.push_back(static_cast<uint8_t>(x * 3 + y * 5 + noise / 8));
    }
  }
  return image;
}

struct ResizeCase {
  std::string kind;
  uint32_t width, height;
  PixelBox box;
  uint32_t output_width, output_height;
  std::string sha256, pixels_hex;  // pixels_hex is "-" for a large output
};

std::vector<ResizeCase> resize_cases(const std::string& kind) {
  const auto bytes = read_fixture("clip/resize_cases.tsv");
  std::istringstream lines(std::string(bytes.begin(), bytes.end()));
  std::vector<ResizeCase> cases;
  for (ResizeCase c; lines >> c.kind >> c.width >> c.height >> c.box.x0 >> c.box.y0 >> c.box.x1 >>
                     c.box.y1 >> c.output_width >> c.output_height >> c.sha256 >> c.pixels_hex;) {
    if (c.kind == kind) cases.push_back(c);
  }
  return cases;
}

void check_pixels(const ResizeCase& expected, const std::vector<uint8_t>& pixels) {
  INFO(expected.kind << " of " << expected.width << "x" << expected.height << " to "
                     << expected.output_width << "x" << expected.output_height);
  if (expected.pixels_hex != "-") {
    REQUIRE(pixels.size() * 2 == expected.pixels_hex.size());
    int largest_difference = 0;
    for (size_t i = 0; i < pixels.size(); ++i) {
      const int pillow = std::stoi(expected.pixels_hex.substr(2 * i, 2), nullptr, 16);
      largest_difference = std::max(largest_difference, std::abs(pillow - pixels[i]));
    }
    CHECK(largest_difference == 0);
  }
  CHECK(to_hex(sha256(pixels)) == expected.sha256);
}

// Undoes the planes of a preprocessing with mean 0 and deviation 1.
std::vector<uint8_t> interleaved_bytes(const std::vector<float>& planes) {
  const size_t pixel_count = planes.size() / 3;
  std::vector<uint8_t> pixels(planes.size());
  for (size_t i = 0; i < planes.size(); ++i) {
    pixels[i % pixel_count * 3 + i / pixel_count] =
        static_cast<uint8_t>(std::lround(planes[i] * 255));
  }
  return pixels;
}

}  // namespace

TEST_CASE(
    "resizing a box gives Pillow's antialiased bicubic pixels, up and down and at odd sizes") {
  const auto cases = resize_cases("box");
  REQUIRE(cases.size() >= 16);
  for (const ResizeCase& c : cases) {
    const RgbImage output =
        resize(picture(c.width, c.height), c.box, c.output_width, c.output_height);
    CHECK(output.width_px == c.output_width);
    CHECK(output.height_px == c.output_height);
    check_pixels(c, output.pixels);
  }
}

TEST_CASE("the centre square is preprocessed as shortest-edge resize and centre crop do it") {
  const auto cases = resize_cases("centre");
  REQUIRE(cases.size() >= 9);
  for (const ResizeCase& c : cases) {
    const ImagePreprocessing plain = {c.output_width, {0, 0, 0}, {1, 1, 1}};
    CHECK(c.box == centre_square(c.width, c.height));
    check_pixels(c, interleaved_bytes(preprocess(picture(c.width, c.height), c.box, plain)));
  }
}

TEST_CASE("a tile is preprocessed as its box is resized") {
  const RgbImage image = picture(300, 100);
  const PixelBox tile = {0, 0, 100, 100};
  const auto planes = preprocess(image, tile, {32, {0, 0, 0}, {1, 1, 1}});
  CHECK(interleaved_bytes(planes) == resize(image, tile, 32, 32).pixels);
}

TEST_CASE("preprocessing normalises each channel by its own mean and deviation") {
  RgbImage image{4, 4, {}};
  for (int i = 0; i < 16; ++i) image.pixels.insert(image.pixels.end(), {255, 0, 51});
  const auto planes =
      preprocess(image, {0, 0, 4, 4}, {8, {0.5f, 0.25f, 0.1f}, {0.5f, 0.125f, 0.2f}});
  REQUIRE(planes.size() == 3 * 8 * 8);
  CHECK(planes.front() == Approx(1.0f));
  CHECK(planes[64] == Approx(-2.0f));
  CHECK(planes.back() == Approx(0.5f));
}

TEST_CASE("a picture of one row or one column is preprocessed without reading outside it") {
  for (const auto& [width, height] : {std::pair{1u, 1u}, {5000u, 1u}, {1u, 5000u}}) {
    const RgbImage image = picture(width, height);
    for (const View& view : view_boxes(width, height)) {
      CHECK(preprocess(image, view.box, {}).size() == 3 * 224 * 224);
    }
  }
}

}  // namespace sightline
