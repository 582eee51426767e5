// Thumbnails as WebP beside JPEG of quality 80, at equal SSIM: bytes and time to encode.
//
//   thumbnail_bench FOLDER MOST    the folder's pictures, at most so many of them, spread evenly
//
// Prints one JSON object a line: the product's options, then every method with the least quality
// whose mean SSIM is not below the JPEGs'.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <webp/decode.h>

#include "indexer/base/file_io.h"
#include "indexer/embed/prepare_image.h"
#include "indexer/media/decode.h"
#include "tests/support/jpeg_of_image.h"

namespace sightline {
namespace {

constexpr uint32_t kLongestPx = 512;
constexpr int kJpegQuality = 80;

double cpu_ms() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

// [height, width], ITU-R BT.601
std::vector<double> luma_of(const RgbImage& image) {
  std::vector<double> luma;
  for (size_t i = 0; i < image.pixels.size(); i += 3) {
    luma.push_back(0.299 * image.pixels[i] + 0.587 * image.pixels[i + 1] +
                   0.114 * image.pixels[i + 2]);
  }
  return luma;
}

// Mean SSIM of luma (Wang et al. 2004) over windows of 8 x 8 pixels, one every 4.
double ssim(const RgbImage& image, const RgbImage& other) {
  constexpr size_t kSide = 8, kStep = 4, kArea = kSide * kSide;
  constexpr double kC1 = 0.01 * 255 * 0.01 * 255, kC2 = 0.03 * 255 * 0.03 * 255;
  const auto a = luma_of(image), b = luma_of(other);
  const size_t width = image.width_px;
  double total = 0;
  size_t windows = 0;
  for (size_t top = 0; top + kSide <= image.height_px; top += kStep) {
    for (size_t left = 0; left + kSide <= width; left += kStep, ++windows) {
      double sum_a = 0, sum_b = 0, sum_aa = 0, sum_bb = 0, sum_ab = 0;
      for (size_t i = 0; i < kArea; ++i) {
        const size_t at = (top + i / kSide) * width + left + i % kSide;
        sum_a += a[at], sum_b += b[at];
        sum_aa += a[at] * a[at], sum_bb += b[at] * b[at], sum_ab += a[at] * b[at];
      }
      const double mean_a = sum_a / kArea, mean_b = sum_b / kArea;
      const double variance_a = sum_aa / kArea - mean_a * mean_a;
      const double variance_b = sum_bb / kArea - mean_b * mean_b;
      const double covariance = sum_ab / kArea - mean_a * mean_b;
      total += (2 * mean_a * mean_b + kC1) * (2 * covariance + kC2) /
               ((mean_a * mean_a + mean_b * mean_b + kC1) * (variance_a + variance_b + kC2));
    }
  }
  return total / static_cast<double>(std::max<size_t>(1, windows));
}

RgbImage pixels_of_webp(const std::vector<uint8_t>& webp) {
  int width = 0, height = 0;
  uint8_t* rgb = WebPDecodeRGB(webp.data(), webp.size(), &width, &height);
  RgbImage image{static_cast<uint32_t>(width), static_cast<uint32_t>(height), {}};
  image.pixels.assign(rgb, rgb + size_t{image.width_px} * image.height_px * 3);
  WebPFree(rgb);
  return image;
}

RgbImage pixels_of_jpeg(const std::vector<uint8_t>& jpeg) { return decode_image(jpeg)->pixels; }

// Pictures at the size of thumbnails.
std::vector<RgbImage> read_pictures(const std::string& folder, size_t most) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".jpg" || extension == ".png") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<RgbImage> pictures;
  const size_t count = std::min(most, paths.size());
  for (size_t i = 0; i < count; ++i) {
    const auto bytes = read_file(paths[i * paths.size() / count], size_t{256} << 20);
    const auto decoded = bytes ? decode_image(*bytes, kLongestPx) : bytes.error();
    if (decoded) pictures.push_back(thumbnail_pixels(decoded->pixels, kLongestPx));
  }
  return pictures;
}

// Means over all pictures.
struct Figures {
  double bytes = 0, ssim = 0, encode_ms = 0;
};

Figures measure(const std::vector<RgbImage>& pictures,
                const std::function<std::vector<uint8_t>(const RgbImage&)>& encode,
                RgbImage (*decode)(const std::vector<uint8_t>&)) {
  std::vector<std::vector<uint8_t>> encoded;
  const double start = cpu_ms();
  for (const auto& picture : pictures) encoded.push_back(encode(picture));
  const auto count = static_cast<double>(pictures.size());
  Figures figures{0, 0, (cpu_ms() - start) / count};
  for (size_t i = 0; i < pictures.size(); ++i) {
    figures.bytes += static_cast<double>(encoded[i].size()) / count;
    figures.ssim += ssim(pictures[i], decode(encoded[i])) / count;
  }
  return figures;
}

Figures measure_webp(const std::vector<RgbImage>& pictures, const WebpOptions& options) {
  return measure(
      pictures, [&](const RgbImage& picture) { return *encode_webp(picture, options); },
      pixels_of_webp);
}

void print(const char* name, const WebpOptions& options, const Figures& figures,
           const Figures& jpeg) {
  std::printf(
      "{\"encoder\":\"%s\",\"method\":%d,\"quality\":%g,\"bytes\":%.0f,\"ssim\":%.5f,"
      "\"encode_ms\":%.2f,\"share_of_jpeg\":%.3f}\n",
      name, options.method, double{options.quality}, figures.bytes, figures.ssim, figures.encode_ms,
      figures.bytes / jpeg.bytes);
  std::fflush(stdout);
}

int run(const std::string& folder, size_t most) {
  const auto pictures = read_pictures(folder, most);
  if (pictures.empty()) {
    std::fprintf(stderr, "thumbnail_bench: no picture in %s can be read\n", folder.c_str());
    return 1;
  }
  const Figures jpeg = measure(
      pictures, [](const RgbImage& picture) { return jpeg_of_image(picture, kJpegQuality); },
      pixels_of_jpeg);
  print("jpeg", {.quality = kJpegQuality, .method = 0}, jpeg, jpeg);
  print("product", kThumbnailWebp, measure_webp(pictures, kThumbnailWebp), jpeg);
  for (const int method : {0, 1, 2, 4, 6}) {
    WebpOptions options = kThumbnailWebp;
    options.method = method;
    float worse = 40, enough = 98;
    while (enough - worse > 0.5f) {
      options.quality = (worse + enough) / 2;
      (measure_webp(pictures, options).ssim < jpeg.ssim ? worse : enough) = options.quality;
    }
    options.quality = enough;
    print("equal ssim", options, measure_webp(pictures, options), jpeg);
  }
  return 0;
}

}  // namespace
}  // namespace sightline

int main(int argc, char** argv) {
  if (argc == 3) return sightline::run(argv[1], std::strtoul(argv[2], nullptr, 10));
  std::fputs("usage: thumbnail_bench FOLDER MOST\n", stderr);
  return 2;
}
