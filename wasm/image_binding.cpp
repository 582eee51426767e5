// From the pixels of an image to what a model takes.

#include <algorithm>
#include <string>
#include <vector>

#include <emscripten/bind.h>

#include "native/clip/image_preprocess.h"
#include "native/clip/view_boxes.h"
#include "wasm/js_values.h"

namespace sightline {
namespace {

// rgb: Uint8Array [height, width, 3]; box: [x0, y0, x1, y1]; returns Float32Array [3, size, size].
val preprocess_image(const val& rgb, uint32_t width_px, uint32_t height_px, const val& box,
                     const val& model) {
  RgbImage image{width_px, height_px, to_vector<uint8_t>(rgb)};
  const auto edges = emscripten::convertJSArrayToNumberVector<uint32_t>(box);
  const auto mean = emscripten::convertJSArrayToNumberVector<float>(model["mean"]);
  const auto stddev = emscripten::convertJSArrayToNumberVector<float>(model["std"]);
  const bool box_fits = edges.size() == 4 && edges[0] < edges[2] && edges[1] < edges[3] &&
                        edges[2] <= width_px && edges[3] <= height_px;
  if (!box_fits || mean.size() != 3 || stddev.size() != 3 ||
      image.pixels.size() != size_t{width_px} * height_px * 3) {
    throw_error(invalid_argument("preprocess: the pixels, the box and the model do not fit"));
  }
  ImagePreprocessing preprocessing;
  preprocessing.size_px = model["imageSizePx"].as<uint32_t>();
  std::copy(mean.begin(), mean.end(), preprocessing.mean.begin());
  std::copy(stddev.begin(), stddev.end(), preprocessing.std.begin());
  return to_typed_array("Float32Array",
                        preprocess(image, {edges[0], edges[1], edges[2], edges[3]}, preprocessing));
}

val centre_square_of(uint32_t width_px, uint32_t height_px) {
  const PixelBox box = centre_square(width_px, height_px);
  return to_typed_array("Uint32Array", std::vector<uint32_t>{box.x0, box.y0, box.x1, box.y1});
}

}  // namespace

EMSCRIPTEN_BINDINGS(image) {
  emscripten::function("preprocessImage", &preprocess_image);
  emscripten::function("centreSquare", &centre_square_of);
}

}  // namespace sightline
