#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

#include "datasets/streets/picture.h"

namespace sightline {

std::vector<uint8_t> encode_png(const std::vector<uint8_t>& rgb, int width, int height) {
  std::vector<uint8_t> out;
  const auto append = [](void* to, void* data, int size) {
    const auto* bytes = static_cast<const uint8_t*>(data);
    static_cast<std::vector<uint8_t>*>(to)->insert(static_cast<std::vector<uint8_t>*>(to)->end(),
                                                   bytes, bytes + size);
  };
  if (!stbi_write_png_to_func(append, &out, width, height, 3, rgb.data(), width * 3)) out.clear();
  return out;
}

}  // namespace sightline
