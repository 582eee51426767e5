#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>

#include "datasets/streets/picture.h"

namespace sightline {
namespace {

struct EscapingErrors {
  jpeg_error_mgr base;
  std::jmp_buf escape;
};

void escape(j_common_ptr info) {
  std::longjmp(reinterpret_cast<EscapingErrors*>(info->err)->escape, 1);
}

bool compress(const uint8_t* rgb, int width, int height, int quality, unsigned char** bytes,
              unsigned long* size) {
  jpeg_compress_struct info;
  EscapingErrors errors;
  info.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = escape;
  if (setjmp(errors.escape)) {
    jpeg_destroy_compress(&info);
    return false;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, bytes, size);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = const_cast<JSAMPROW>(rgb + static_cast<size_t>(info.next_scanline) *
                                                  static_cast<size_t>(width) * 3);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  return true;
}

}  // namespace

std::vector<uint8_t> encode_jpeg(const std::vector<uint8_t>& rgb, int width, int height,
                                 int quality) {
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  std::vector<uint8_t> out;
  if (compress(rgb.data(), width, height, quality, &bytes, &size)) out.assign(bytes, bytes + size);
  std::free(bytes);
  return out;
}

}  // namespace sightline
