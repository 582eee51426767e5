#include "native/bundle/compression.h"

#define ZSTD_STATIC_LINKING_ONLY
#include <memory>
#include <string>

#include <zstd.h>

namespace sightline {
namespace {

constexpr int kMaxWindowLog = 23;

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

std::vector<uint8_t> zstd_compress(std::span<const uint8_t> bytes, int level) {
  const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, kMaxWindowLog);
  std::vector<uint8_t> frame(ZSTD_compressBound(bytes.size()));
  frame.resize(
      ZSTD_compress2(context.get(), frame.data(), frame.size(), bytes.data(), bytes.size()));
  return frame;
}

Result<std::vector<uint8_t>> zstd_decompress(std::span<const uint8_t> frame,
                                             uint32_t expected_bytes) {
  ZSTD_frameHeader header;
  if (ZSTD_getFrameHeader(&header, frame.data(), frame.size()) != 0) {
    return corrupt("zstd: the bytes do not begin with a whole frame header");
  }
  if (header.frameType != ZSTD_frame) return corrupt("zstd: a skippable frame is not allowed");
  if (header.dictID != 0) {
    return corrupt("zstd: the frame asks for dictionary " + std::to_string(header.dictID) +
                   ", none is allowed");
  }
  if (header.frameContentSize != expected_bytes) {
    const bool unknown = header.frameContentSize == ZSTD_CONTENTSIZE_UNKNOWN;
    return corrupt("zstd: the frame declares " +
                   (unknown ? std::string("no size") : std::to_string(header.frameContentSize)) +
                   ", its reference " + std::to_string(expected_bytes) + " bytes");
  }
  // A frame in one segment has its content as window, and that size has just been checked.
  if (header.windowSize > (uint64_t{1} << kMaxWindowLog) && header.windowSize != expected_bytes) {
    return too_large("zstd: a window of " + std::to_string(header.windowSize) +
                     " bytes, at most 8388608 are allowed");
  }
  const size_t frame_bytes = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
  if (ZSTD_isError(frame_bytes)) return corrupt("zstd: the frame is cut short or malformed");
  if (frame_bytes != frame.size()) {
    return corrupt("zstd: " + std::to_string(frame.size() - frame_bytes) +
                   " bytes follow the frame");
  }
  const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
  std::vector<uint8_t> bytes(expected_bytes);
  const size_t produced =
      ZSTD_decompressDCtx(context.get(), bytes.data(), bytes.size(), frame.data(), frame.size());
  if (ZSTD_isError(produced)) {
    return corrupt(std::string("zstd: ") + ZSTD_getErrorName(produced));
  }
  if (produced != expected_bytes) {
    return corrupt("zstd: " + std::to_string(produced) + " bytes came out, expected " +
                   std::to_string(expected_bytes));
  }
  return bytes;
}

const char* zstd_version() { return ZSTD_versionString(); }

}  // namespace sightline
