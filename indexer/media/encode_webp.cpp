#include "indexer/media/encode_webp.h"

#include <string>

#include <webp/encode.h>

namespace sightline {
namespace {

// Frees what the encoder holds, whatever became of it.
struct WebpEncoder {
  WebPPicture picture;
  WebPMemoryWriter writer;

  WebpEncoder() {
    WebPPictureInit(&picture);
    WebPMemoryWriterInit(&writer);
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &writer;
  }
  ~WebpEncoder() {
    WebPPictureFree(&picture);
    WebPMemoryWriterClear(&writer);
  }
  WebpEncoder(const WebpEncoder&) = delete;
  WebpEncoder& operator=(const WebpEncoder&) = delete;
};

}  // namespace

Result<std::vector<uint8_t>> encode_webp(const RgbImage& image, const WebpOptions& options) {
  if (image.width_px == 0 || image.height_px == 0 || image.width_px > WEBP_MAX_DIMENSION ||
      image.height_px > WEBP_MAX_DIMENSION ||
      image.pixels.size() != size_t{image.width_px} * image.height_px * 3) {
    return invalid_argument("cannot write a WebP of " + std::to_string(image.width_px) + " x " +
                            std::to_string(image.height_px) + " pixels; 1 to " +
                            std::to_string(WEBP_MAX_DIMENSION) + " a side fit");
  }
  WebPConfig config;
  WebPConfigInit(&config);
  config.quality = options.quality;
  config.method = options.method;
  config.sns_strength = options.noise_shaping;
  WebpEncoder encoder;
  encoder.picture.width = static_cast<int>(image.width_px);
  encoder.picture.height = static_cast<int>(image.height_px);
  const int row_bytes = encoder.picture.width * 3;
  if (WebPPictureImportRGB(&encoder.picture, image.pixels.data(), row_bytes) == 0 ||
      WebPEncode(&config, &encoder.picture) == 0) {
    return io_error("cannot write a WebP: libwebp's error " +
                    std::to_string(encoder.picture.error_code));
  }
  return std::vector<uint8_t>(encoder.writer.mem, encoder.writer.mem + encoder.writer.size);
}

}  // namespace sightline
