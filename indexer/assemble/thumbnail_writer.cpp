#include "indexer/assemble/thumbnail_writer.h"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

namespace sightline {
namespace {

// Width and height of a JPEG from its frame header; zeros where there is none.
std::pair<uint16_t, uint16_t> jpeg_size(std::span<const uint8_t> jpeg) {
  for (size_t i = 2; i + 9 < jpeg.size() && jpeg[i] == 0xff;) {
    const uint8_t marker = jpeg[i + 1];
    if (marker >= 0xc0 && marker <= 0xc2) {
      return {static_cast<uint16_t>(jpeg[i + 7] << 8 | jpeg[i + 8]),
              static_cast<uint16_t>(jpeg[i + 5] << 8 | jpeg[i + 6])};
    }
    i += 2 + (size_t{jpeg[i + 2]} << 8 | jpeg[i + 3]);
  }
  return {};
}

}  // namespace

Result<void> ThumbnailWriter::add(size_t image, const std::optional<std::vector<uint8_t>>& jpeg) {
  auto& thumbnail = tables_.records[image].thumbnail;
  if (thumbnail && jpeg) {
    ASSIGN_OR_RETURN(const bool is_there, holds(*thumbnail, *jpeg));
    if (is_there) return {};
  }
  thumbnail.reset();
  images_.push_back(image);
  if (jpeg) {
    thumbnail.emplace();
    thumbnail->offset = static_cast<uint32_t>(pack_.size());
    thumbnail->byte_count = static_cast<uint32_t>(jpeg->size());
    std::tie(thumbnail->width_px, thumbnail->height_px) = jpeg_size(*jpeg);
    pack_.insert(pack_.end(), jpeg->begin(), jpeg->end());
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
                                    const std::vector<uint8_t>& jpeg) {
  if (place.byte_count != jpeg.size()) return false;
  if (place.ref != known_ref_) {
    ASSIGN_OR_RETURN(const auto stored, writer_.stored(place.ref));
    auto pack = unpack_object(place.ref, stored);
    // A damaged pack holds nothing: its images get another.
    known_ = pack ? std::move(pack).value() : std::vector<uint8_t>();
    known_ref_ = place.ref;
  }
  return place.offset + jpeg.size() <= known_.size() &&
         std::equal(jpeg.begin(), jpeg.end(), &known_[place.offset]);
}

}  // namespace sightline
