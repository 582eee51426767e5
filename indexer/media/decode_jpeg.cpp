#include "indexer/media/decode_jpeg.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <string>

#include <jerror.h>
#include <jpeglib.h>

#include "indexer/media/orientation.h"

namespace sightline {
namespace {

// A progressive file may hold any number of scans, each costing a pass over the whole picture.
constexpr int kMaxScans = 256;

struct ErrorManager : jpeg_error_mgr {
  std::jmp_buf failed;
  char message[JMSG_LENGTH_MAX] = {};
  int fatal_code = 0;
  bool reached_end = false;
  bool missing_data = false;
};

ErrorManager& errors_of(j_common_ptr codec) { return *static_cast<ErrorManager*>(codec->err); }

[[noreturn]] void on_error(j_common_ptr codec) {
  auto& errors = errors_of(codec);
  errors.fatal_code = errors.msg_code;
  errors.format_message(codec, errors.message);
  std::longjmp(errors.failed, 1);
}

void on_message(j_common_ptr codec, int level) {
  if (level >= 0) return;
  auto& errors = errors_of(codec);
  switch (errors.msg_code) {
    case JWRN_JPEG_EOF:
      errors.reached_end = true;
      break;
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
      errors.missing_data = true;
      break;
    default:
      break;
  }
}

void limit_scans(j_common_ptr codec) {
  const auto* decoder = reinterpret_cast<j_decompress_ptr>(codec);
  if (decoder->input_scan_number > kMaxScans) ERREXIT(codec, JERR_TOO_LITTLE_DATA);
}

void install(ErrorManager& errors, j_common_ptr codec) {
  codec->err = jpeg_std_error(&errors);
  errors.error_exit = on_error;
  errors.emit_message = on_message;
}

// A libjpeg decoder whose steps return false instead of jumping. Everything with a destructor
// lives outside the functions that call setjmp.
class JpegDecoder {
 public:
  JpegDecoder() {
    install(errors_, reinterpret_cast<j_common_ptr>(&codec_));
    progress_.progress_monitor = limit_scans;
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&codec_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  bool read_header(std::span<const uint8_t> bytes) {
    if (setjmp(errors_.failed) != 0) return false;
    jpeg_create_decompress(&codec_);
    codec_.progress = &progress_;
    jpeg_mem_src(&codec_, bytes.data(), bytes.size());
    jpeg_save_markers(&codec_, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&codec_, TRUE);
    return true;
  }

  bool start(unsigned scale_denominator) {
    if (setjmp(errors_.failed) != 0) return false;
    const bool four_inks =
        codec_.jpeg_color_space == JCS_CMYK || codec_.jpeg_color_space == JCS_YCCK;
    codec_.out_color_space = four_inks ? JCS_CMYK : JCS_RGB;
    codec_.scale_num = 1;
    codec_.scale_denom = scale_denominator;
    jpeg_start_decompress(&codec_);
    return true;
  }

  // rows: output_height pointers to output_width * output_components bytes each.
  bool read_rows(uint8_t** rows) {
    if (setjmp(errors_.failed) != 0) return false;
    while (codec_.output_scanline < codec_.output_height) {
      jpeg_read_scanlines(&codec_, rows + codec_.output_scanline,
                          codec_.output_height - codec_.output_scanline);
    }
    return true;
  }

  // The end of the file alone may be missing; samples may not. In a file of several scans what
  // was not there looks like zeros, so only the precision reached tells.
  bool is_complete() const {
    if (errors_.missing_data) return false;
    if (!errors_.reached_end || !jpeg_has_multiple_scans(const_cast<j_decompress_ptr>(&codec_))) {
      return true;
    }
    if (codec_.coef_bits == nullptr) return false;
    for (int component = 0; component < codec_.num_components; ++component) {
      const int* bits = codec_.coef_bits[component];
      if (!std::all_of(bits, bits + DCTSIZE2, [](int low_bit) { return low_bit == 0; }))
        return false;
    }
    return true;
  }

  Error failure() const {
    if (errors_.reached_end) {
      return corrupt(
          "the JPEG is truncated: its data ends before the picture does; copy the file again");
    }
    if (errors_.fatal_code == JERR_BAD_PRECISION || errors_.fatal_code == JERR_SOF_UNSUPPORTED ||
        errors_.fatal_code == JERR_CONVERSION_NOTIMPL) {
      return unsupported("this kind of JPEG is not read (" + std::string(errors_.message) +
                         "); convert it to an ordinary 8-bit JPEG");
    }
    return corrupt("the JPEG is damaged" +
                   (errors_.message[0] != 0 ? " (" + std::string(errors_.message) + ")" : ""));
  }

  const jpeg_decompress_struct& codec() const { return codec_; }

 private:
  jpeg_decompress_struct codec_ = {};
  jpeg_progress_mgr progress_ = {};
  ErrorManager errors_;
};

int orientation_of(const jpeg_decompress_struct& codec) {
  for (auto* marker = codec.marker_list; marker != nullptr; marker = marker->next) {
    const int orientation = exif_orientation({marker->data, marker->data_length});
    if (orientation != 1) return orientation;
  }
  return 1;
}

// Adobe writes ink as its complement: 255 is none.
void cmyk_to_rgb(std::span<const uint8_t> cmyk, bool complemented, std::vector<uint8_t>& rgb) {
  for (size_t i = 0, out = 0; i + 3 < cmyk.size(); i += 4) {
    const unsigned flip = complemented ? 0 : 255;
    const unsigned black = cmyk[i + 3] ^ flip;
    for (size_t ink = 0; ink < 3; ++ink) {
      rgb[out++] = static_cast<uint8_t>(((cmyk[i + ink] ^ flip) * black + 127) / 255);
    }
  }
}

unsigned scale_denominator(uint32_t short_side_px, uint32_t min_short_side_px) {
  if (min_short_side_px == 0) return 1;
  unsigned denominator = 8;
  while (denominator > 1 && short_side_px / denominator < min_short_side_px) denominator /= 2;
  return denominator;
}

}  // namespace

Result<DecodedImage> decode_jpeg(std::span<const uint8_t> bytes, uint32_t min_short_side_px,
                                 const DecodeLimits& limits) {
  JpegDecoder decoder;
  if (!decoder.read_header(bytes)) return decoder.failure();
  const auto& codec = decoder.codec();
  const uint64_t pixel_count = uint64_t{codec.image_width} * codec.image_height;
  if (pixel_count > limits.max_pixels) {
    return too_large("the JPEG has " + std::to_string(codec.image_width) + " x " +
                     std::to_string(codec.image_height) + " pixels, at most " +
                     std::to_string(limits.max_pixels) + " are decoded; scale it down");
  }
  const int orientation = orientation_of(codec);
  if (!decoder.start(
          scale_denominator(std::min(codec.image_width, codec.image_height), min_short_side_px))) {
    return decoder.failure();
  }

  const size_t row_bytes =
      size_t{codec.output_width} * static_cast<size_t>(codec.output_components);
  std::vector<uint8_t> samples(row_bytes * codec.output_height);
  std::vector<uint8_t*> rows(codec.output_height);
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = samples.data() + y * row_bytes;
  if (!decoder.read_rows(rows.data()) || !decoder.is_complete()) return decoder.failure();

  RgbImage image{codec.output_width, codec.output_height, {}};
  if (codec.output_components == 4) {
    image.pixels.resize(size_t{codec.output_width} * codec.output_height * 3);
    cmyk_to_rgb(samples, codec.saw_Adobe_marker != 0, image.pixels);
  } else {
    image.pixels = std::move(samples);
  }
  const bool swap = swaps_sides(orientation);
  return DecodedImage{upright(std::move(image), orientation),
                      swap ? codec.image_height : codec.image_width,
                      swap ? codec.image_width : codec.image_height};
}

}  // namespace sightline
