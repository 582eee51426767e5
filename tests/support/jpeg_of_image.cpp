#include "tests/support/jpeg_of_image.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include <jpeglib.h>

namespace sightline {

std::vector<uint8_t> jpeg_of_image(const RgbImage& image, int quality) {
  jpeg_error_mgr errors;  // ends the program
  jpeg_compress_struct codec;
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  unsigned char* memory = nullptr;
  unsigned long byte_count = 0;
  jpeg_mem_dest(&codec, &memory, &byte_count);
  codec.image_width = image.width_px;
  codec.image_height = image.height_px;
  codec.input_components = 3;
  codec.in_color_space = JCS_RGB;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, quality, TRUE);
  codec.optimize_coding = TRUE;
  jpeg_start_compress(&codec, TRUE);
  while (codec.next_scanline < codec.image_height) {
    auto* row = const_cast<JSAMPLE*>(image.pixels.data() +
                                     size_t{codec.next_scanline} * image.width_px * 3);
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  const std::unique_ptr<unsigned char, decltype(&std::free)> bytes(memory, std::free);
  return {memory, memory + byte_count};
}

}  // namespace sightline
