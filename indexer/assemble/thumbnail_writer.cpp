#include "indexer/assemble/thumbnail_writer.h"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>
#include <utility>

namespace sightline {
namespace {

// Width and height of a WebP file of one VP8 frame (RFC 6386, section 9.1); zeros where it is none.
std::pair<uint16_t, uint16_t> webp_size(std::span<const uint8_t> webp) {
  constexpr size_t kFrame = 20;  // behind the headers of the file and its chunk
  constexpr std::array<uint8_t, 3> kStartCode = {0x9d, 0x01, 0x2a};
  if (webp.size() < kFrame + 10) return {};
  const auto frame = webp.subspan(kFrame);
  if (!std::equal(kStartCode.begin(), kStartCode.end(), &frame[3])) return {};
  const auto side = [&](size_t at) {
    return static_cast<uint16_t>((frame[at] | frame[at + 1] << 8) & 0x3fff);
  };
  return {side(6), side(8)};
}

}  // namespace

Result<void> ThumbnailWriter::add(size_t image, const std::optional<std::vector<uint8_t>>& webp) {
  auto& thumbnail = tables_.records[image].thumbnail;
  if (thumbnail && webp) {
    ASSIGN_OR_RETURN(const bool is_there, holds(*thumbnail, *webp));
    if (is_there) return {};
  }
  thumbnail.reset();
  if (webp && pack_.size() + webp->size() > kMaxObjectBytes) RETURN_IF_ERROR(finish());
  images_.push_back(image);
  if (webp) {
    thumbnail.emplace();
    thumbnail->offset = static_cast<uint32_t>(pack_.size());
    thumbnail->byte_count = static_cast<uint32_t>(webp->size());
    std::tie(thumbnail->width_px, thumbnail->height_px) = webp_size(*webp);
    pack_.insert(pack_.end(), webp->begin(), webp->end());
  }
  return images_.size() == per_object_ ? finish() : Result<void>{};
}

Result<void> ThumbnailWriter::finish() {
  if (pack_.empty()) {
    images_.clear();
    return {};
  }
  const auto kind = per_object_ > 1 ? ObjectKind::kThumbnailPack : ObjectKind::kThumbnail;
  ASSIGN_OR_RETURN(const auto ref, writer_.add(kind, pack_));
  for (const size_t image : images_) {
    auto& thumbnail = tables_.records[image].thumbnail;
    if (thumbnail) thumbnail->ref = ref;
  }
  images_.clear();
  pack_.clear();
  return {};
}

Result<bool> ThumbnailWriter::holds(const ThumbnailRecord& place,
                                    const std::vector<uint8_t>& webp) {
  if (place.byte_count != webp.size()) return false;
  if (place.ref != known_ref_) {
    ASSIGN_OR_RETURN(const auto stored, writer_.stored(place.ref));
    auto pack = unpack_object(place.ref, stored);
    // A damaged pack holds nothing: its images get another.
    known_ = pack ? std::move(pack).value() : std::vector<uint8_t>();
    known_ref_ = place.ref;
  }
  return place.offset + webp.size() <= known_.size() &&
         std::equal(webp.begin(), webp.end(), &known_[place.offset]);
}

uint64_t count_thumbnail_objects(std::span<const uint32_t> byte_counts, size_t per_object) {
  uint64_t objects = 0;
  size_t images = 0;
  uint64_t bytes = 0;
  const auto finish = [&] {
    objects += bytes > 0;
    images = bytes = 0;
  };
  for (const uint32_t byte_count : byte_counts) {
    if (bytes + byte_count > kMaxObjectBytes) finish();
    bytes += byte_count;
    if (++images == per_object) finish();
  }
  finish();
  return objects;
}

}  // namespace sightline
