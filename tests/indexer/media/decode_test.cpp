#include "indexer/media/decode.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "tests/support/jpeg_of_image.h"

using namespace sightline;

namespace {

using Bytes = std::vector<uint8_t>;
using Rgb = std::array<int, 3>;

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

Bytes from_text(std::string_view text) { return {text.begin(), text.end()}; }

// Written by Pillow 9.4.
const Bytes kCmykJpeg = from_hex(  // 8 x 8, red: no cyan, full magenta and yellow
    "ffd8ffee000e41646f626500640000000000ffdb004300020101010101020101010202020202040302020202050404"
    "030406"
    "0506060605060606070908060709070606080b08090a0a0a0a0a06080b0c0b0a0c090a0a0affc00014080008000804"
    "431100"
    "4d11005911004b1100ffc400150001010000000000000000000000000000090affc400141001000000000000000000"
    "000000"
    "00000000ffda000e0443004d0059004b00003f007f13fe9ff3f8ffd9");
const Bytes kGreyJpeg = from_hex(  // 8 x 8, 200
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c19"
    "12130f"
    "141d1a1f1e1d1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b08000800"
    "080101"
    "1100ffc40014000100000000000000000000000000000007ffc40014100100000000000000000000000000000000ff"
    "da0008"
    "010100003f00487fffd9");
const Bytes kProgressiveJpeg = from_hex(  // 16 x 16, red grows to the right and green downwards
    "ffd8ffe000104a46494600010100000100010000ffdb004300100b0c0e0c0a100e0d0e1211101318281a1816161831"
    "23251d"
    "283a333d3c3933383740485c4e404457453738506d51575f626768673e4d71797064785c656763ffdb004301111212"
    "1815182f"
    "1a1a2f6342384263636363636363636363636363636363636363636363636363636363636363636363636363636363"
    "63636363"
    "63636363636363ffc20011080010001003012200021101031101ffc400150001010000000000000000000000000000"
    "0405ff"
    "c4001501010100000000000000000000000000000001ffda000c030100021003100000019e9526bfffc40015100101"
    "000000"
    "00000000000000000000000200ffda000801010001050222222222ffc4001611000300000000000000000000000000"
    "000003"
    "04ffda0008010301013f019de7ffc400161100030000000000000000000000000000000203ffda0008010201013f01"
    "6a9fff"
    "c40014100100000000000000000000000000000020ffda0008010100063f021fffc400141001000000000000000000"
    "000000"
    "00000020ffda0008010100013f210abfffda000c0301000200030000001053ffc40016110003000000000000000000"
    "000000"
    "0000002131ffda0008010301013f10833fffc40014110100000000000000000000000000000000ffda000801020101"
    "3f107f"
    "ffc400161000030000000000000000000000000000002131ffda0008010100013f108220882208ffd9");
const Bytes kDeepPng = from_hex(  // 1 x 1, grey of 16 bits, 0x8000
    "89504e470d0a1a0a0000000d49484452000000010000000110000000006aee47160000000b49444154789c63686000"
    "000103"
    "00813e4cc5930000000049454e44ae426082");
const Bytes kClearGif = from_hex(  // 2 x 1, red and a transparent blue
    "47494638396102000100810000ff00000000ff00000000000021f90401000001002c00000000020001000008050001"
    "040808"
    "003b");
const Bytes kBmp = from_hex(  // 2 x 2, (1, 2, 3)
    "424d460000000000000036000000280000000200000002000000010018000000000010000000c40e0000c40e000000"
    "000000"
    "0000000003020103020100000302010302010000");

Rgb pixel(const RgbImage& image, uint32_t x, uint32_t y) {
  const uint8_t* at = &image.pixels[(size_t{y} * image.width_px + x) * 3];
  return {at[0], at[1], at[2]};
}

bool near(const Rgb& a, const Rgb& b, int tolerance) {
  return std::abs(a[0] - b[0]) <= tolerance && std::abs(a[1] - b[1]) <= tolerance &&
         std::abs(a[2] - b[2]) <= tolerance;
}

constexpr Rgb kRed = {255, 0, 0}, kGreen = {0, 255, 0}, kBlue = {0, 0, 255},
              kWhite = {255, 255, 255};

// Red, green, blue and white quarters, from the top left row by row.
RgbImage quarters(uint32_t width_px, uint32_t height_px) {
  RgbImage image{width_px, height_px, {}};
  for (uint32_t y = 0; y < height_px; ++y) {
    for (uint32_t x = 0; x < width_px; ++x) {
      const bool right = x >= width_px / 2;
      for (const int value :
           y < height_px / 2 ? (right ? kGreen : kRed) : (right ? kWhite : kBlue)) {
        image.pixels.push_back(static_cast<uint8_t>(value));
      }
    }
  }
  return image;
}

Bytes jpeg_of(const RgbImage& image, int quality = 95) { return jpeg_of_image(image, quality); }

Bytes with_orientation(const Bytes& jpeg, uint8_t orientation, bool big_endian) {
  const Bytes exif = big_endian
                         ? Bytes{0xff, 0xe1, 0, 34, 'E', 'x',         'i', 'f', 0, 0,    'M', 'M',
                                 0,    42,   0, 0,  0,   8,           0,   1,   1, 0x12, 0,   3,
                                 0,    0,    0, 1,  0,   orientation, 0,   0,   0, 0,    0,   0}
                         : Bytes{0xff, 0xe1, 0, 34, 'E',         'x', 'i', 'f', 0,    0, 'I', 'I',
                                 42,   0,    8, 0,  0,           0,   1,   0,   0x12, 1, 3,   0,
                                 1,    0,    0, 0,  orientation, 0,   0,   0,   0,    0, 0,   0};
  Bytes bytes(jpeg.begin(), jpeg.begin() + 2);
  bytes.insert(bytes.end(), exif.begin(), exif.end());
  bytes.insert(bytes.end(), jpeg.begin() + 2, jpeg.end());
  return bytes;
}

// A PNG of one stored block, so that any contents can be written.
uint32_t crc32(std::string_view text) {
  uint32_t crc = ~0u;
  for (const char c : text) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

std::string big_endian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string png_chunk(const std::string& type, const std::string& data) {
  return big_endian(static_cast<uint32_t>(data.size())) + type + data +
         big_endian(crc32(type + data));
}

Bytes png_of(uint32_t width_px, uint32_t height_px, char colour_type, const std::string& rows) {
  const auto length = static_cast<uint16_t>(rows.size());
  std::string zlib = "\x78\x01\x01";
  zlib += {static_cast<char>(length), static_cast<char>(length >> 8), static_cast<char>(~length),
           static_cast<char>(~length >> 8)};
  uint32_t a = 1, b = 0;
  for (const char c : rows) {
    a = (a + static_cast<uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  zlib += rows + big_endian(b << 16 | a);
  const std::string header =
      big_endian(width_px) + big_endian(height_px) + '\x08' + colour_type + std::string(3, '\0');
  return from_text("\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + png_chunk("IDAT", zlib) +
                   png_chunk("IEND", ""));
}

bool says(const Error& error, std::string_view part) {
  return error.message.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a JPEG comes back as it was written") {
  const RgbImage written = quarters(64, 48);
  const auto read = decode_image(jpeg_of(written));
  REQUIRE(read);
  CHECK(read->pixels.width_px == 64);
  CHECK(read->pixels.height_px == 48);
  CHECK(near(pixel(read->pixels, 8, 8), kRed, 3));
  CHECK(near(pixel(read->pixels, 56, 8), kGreen, 3));
  CHECK(near(pixel(read->pixels, 8, 40), kBlue, 3));
  CHECK(near(pixel(read->pixels, 56, 40), kWhite, 3));
  CHECK(jpeg_of(written) == jpeg_of(written));
  CHECK(jpeg_of(written, 40).size() < jpeg_of(written, 95).size());
}

TEST_CASE("all eight EXIF orientations turn the picture upright") {
  // Where each quarter lands: top left, top right, bottom left, bottom right.
  const std::array<Rgb, 4> expected[] = {
      {kRed, kGreen, kBlue, kWhite}, {kGreen, kRed, kWhite, kBlue}, {kWhite, kBlue, kGreen, kRed},
      {kBlue, kWhite, kRed, kGreen}, {kRed, kBlue, kGreen, kWhite}, {kBlue, kRed, kWhite, kGreen},
      {kWhite, kGreen, kBlue, kRed}, {kGreen, kWhite, kRed, kBlue}};
  const Bytes jpeg = jpeg_of(quarters(64, 32));
  for (uint8_t orientation = 1; orientation <= 8; ++orientation) {
    for (const bool big : {false, true}) {
      INFO("orientation " << int{orientation});
      const auto read = decode_image(with_orientation(jpeg, orientation, big));
      REQUIRE(read);
      const uint32_t width_px = orientation < 5 ? 64 : 32, height_px = 96 - width_px;
      CHECK(read->original_width_px == width_px);
      CHECK(read->original_height_px == height_px);
      REQUIRE(read->pixels.width_px == width_px);
      const auto& corners = expected[orientation - 1];
      CHECK(near(pixel(read->pixels, 4, 4), corners[0], 3));
      CHECK(near(pixel(read->pixels, width_px - 4, 4), corners[1], 3));
      CHECK(near(pixel(read->pixels, 4, height_px - 4), corners[2], 3));
      CHECK(near(pixel(read->pixels, width_px - 4, height_px - 4), corners[3], 3));
    }
  }
  CHECK(decode_image(with_orientation(jpeg, 9, false))->original_width_px == 64);
}

TEST_CASE("a JPEG is scaled while decoding only as far as its short side allows") {
  const Bytes jpeg = jpeg_of(quarters(640, 400));
  for (const auto& [wanted, width_px] : {std::pair{0u, 640u},
                                         {400u, 640u},
                                         {201u, 640u},
                                         {200u, 320u},
                                         {100u, 160u},
                                         {50u, 80u},
                                         {1u, 80u}}) {
    const auto read = decode_image(jpeg, wanted);
    REQUIRE(read);
    CHECK(read->pixels.width_px == width_px);
    CHECK(read->original_width_px == 640);
    CHECK(read->original_height_px == 400);
  }
}

TEST_CASE("grey, CMYK and progressive JPEGs are read") {
  const auto grey = decode_image(kGreyJpeg);
  REQUIRE(grey);
  CHECK(near(pixel(grey->pixels, 3, 3), {200, 200, 200}, 1));
  const auto cmyk = decode_image(kCmykJpeg);
  REQUIRE(cmyk);
  CHECK(near(pixel(cmyk->pixels, 3, 3), kRed, 2));
  const auto progressive = decode_image(kProgressiveJpeg);
  REQUIRE(progressive);
  CHECK(near(pixel(progressive->pixels, 15, 0), {240, 0, 128}, 24));
  CHECK(near(pixel(progressive->pixels, 0, 15), {0, 240, 128}, 24));
}

TEST_CASE("a truncated JPEG is refused, one that lacks only its end marker is not") {
  for (const Bytes& jpeg : {jpeg_of(quarters(128, 128)), kProgressiveJpeg}) {
    CHECK(decode_image(Bytes(jpeg.begin(), jpeg.end() - 2)));
    for (const double part : {0.3, 0.5, 0.7, 0.9}) {
      const auto end =
          jpeg.begin() + static_cast<ptrdiff_t>(static_cast<double>(jpeg.size()) * part);
      const auto read = decode_image(Bytes(jpeg.begin(), end));
      REQUIRE_FALSE(read);
      CHECK(read.error().code == ErrorCode::kCorrupt);
      CHECK(says(read.error(), "truncated"));
    }
  }
}

TEST_CASE("damaged bytes give an error or a picture, never a crash") {
  uint32_t state = 1;
  for (const Bytes& sound : {jpeg_of(quarters(48, 48)), kProgressiveJpeg, kCmykJpeg, kDeepPng,
                             kClearGif, kBmp, with_orientation(kGreyJpeg, 6, false)}) {
    for (int round = 0; round < 400; ++round) {
      Bytes bytes = sound;
      for (int flip = 0; flip < 3; ++flip) {
        state = state * 1664525u + 1013904223u;
        bytes[(state >> 8) % bytes.size()] ^= static_cast<uint8_t>(1u << (state >> 29));
      }
      const auto read = decode_image(bytes, 0, {1 << 20, 1 << 20});
      if (read)
        CHECK(read->pixels.pixels.size() ==
              size_t{read->pixels.width_px} * read->pixels.height_px * 3);
    }
  }
}

TEST_CASE("PNG, GIF and BMP are read, and what is transparent becomes white") {
  const auto deep = decode_image(kDeepPng);
  REQUIRE(deep);
  CHECK(pixel(deep->pixels, 0, 0) == Rgb{128, 128, 128});
  const auto clear = decode_image(png_of(2, 1, 6, std::string("\0\xff\0\0\xff\0\0\xff\0", 9)));
  REQUIRE(clear);
  CHECK(pixel(clear->pixels, 0, 0) == kRed);
  CHECK(pixel(clear->pixels, 1, 0) == kWhite);
  const auto gif = decode_image(kClearGif);
  REQUIRE(gif);
  CHECK(pixel(gif->pixels, 0, 0) == kRed);
  CHECK(pixel(gif->pixels, 1, 0) == kWhite);
  const auto bmp = decode_image(kBmp, 1);
  REQUIRE(bmp);
  CHECK(bmp->pixels.width_px == 2);
  CHECK(pixel(bmp->pixels, 1, 1) == Rgb{1, 2, 3});
}

TEST_CASE("truncated PNG, GIF and BMP are refused") {
  for (const Bytes& sound : {png_of(8, 8, 2, std::string(8 * 25, '\0')), kClearGif, kBmp}) {
    for (const size_t missing : {size_t{6}, sound.size() / 2}) {
      const auto read =
          decode_image(Bytes(sound.begin(), sound.end() - static_cast<ptrdiff_t>(missing)));
      REQUIRE_FALSE(read);
      CHECK(read.error().code == ErrorCode::kCorrupt);
    }
  }
}

TEST_CASE("a picture beyond the limits is refused by its header") {
  for (const Bytes& bytes : {jpeg_of(quarters(64, 64)), png_of(64, 64, 2, "")}) {
    const auto read = decode_image(bytes, 8, {.max_pixels = 64 * 63});
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::kTooLarge);
    CHECK(says(read.error(), "64 x 64"));
  }
  CHECK(decode_image(kBmp, 0, {.max_bytes = 69}).error().code == ErrorCode::kTooLarge);
  CHECK_FALSE(decode_image(png_of(100'000, 100'000, 2, "")));
}

TEST_CASE("known formats that are not read are refused by name with a remedy") {
  using namespace std::string_view_literals;
  const std::pair<std::string_view, const char*> cases[] = {{"RIFF\x10\0\0\0WEBPVP8 "sv, "WebP"},
                                                            {"\0\0\0\x18"
                                                             "ftypheic\0\0\0\0"sv,
                                                             "HEIF"},
                                                            {"\0\0\0\x18"
                                                             "ftypavif\0\0\0\0"sv,
                                                             "AVIF"},
                                                            {"II*\0\x08\0\0\0"sv, "TIFF"},
                                                            {"MM\0*\0\0\0\x08"sv, "TIFF"},
                                                            {"8BPS\0\x01"sv, "Photoshop"}};
  for (const auto& [bytes, name] : cases) {
    const auto read = decode_image(from_text(bytes));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::kUnsupported);
    CHECK(says(read.error(), name));
    CHECK(says(read.error(), "convert"));
  }
  CHECK(decode_image(from_text("hello")).error().code == ErrorCode::kUnsupported);
  CHECK(decode_image({}).error().code == ErrorCode::kCorrupt);
}
