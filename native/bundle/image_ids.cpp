#include "native/bundle/image_ids.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"
#include "native/base/sha256.h"

namespace sightline {
namespace {

constexpr uint64_t kEntryBytes = 8 + 4;

}  // namespace

uint64_t ImageIdTable::key_of(std::string_view image_id) {
  const auto digest = sha256({reinterpret_cast<const uint8_t*>(image_id.data()), image_id.size()});
  uint64_t key;
  std::memcpy(&key, digest.data(), sizeof(key));
  return key;
}

std::vector<uint8_t> ImageIdTable::write(std::span<const std::string> image_ids) {
  std::vector<std::pair<uint64_t, uint32_t>> entries;
  entries.reserve(image_ids.size());
  for (uint32_t i = 0; i < image_ids.size(); ++i) entries.emplace_back(key_of(image_ids[i]), i);
  std::sort(entries.begin(), entries.end());
  ByteWriter writer;
  for (const auto& [key, ordinal] : entries) writer.write(key);
  for (const auto& [key, ordinal] : entries) writer.write(ordinal);
  return std::move(writer).take();
}

Result<ImageIdTable> ImageIdTable::parse(std::span<const uint8_t> payload, uint32_t image_count) {
  if (payload.size() != uint64_t{image_count} * kEntryBytes) {
    return corrupt("image ids: " + std::to_string(payload.size()) + " bytes, expected " +
                   std::to_string(uint64_t{image_count} * kEntryBytes));
  }
  ByteReader reader(payload);
  ImageIdTable table;
  table.keys_ = reader.read_array<uint64_t>(image_count);
  table.ordinals_ = reader.read_array<uint32_t>(image_count);
  if (!std::is_sorted(table.keys_.begin(), table.keys_.end())) {
    return corrupt("image ids: the keys do not ascend");
  }
  for (const uint32_t ordinal : table.ordinals_) {
    if (ordinal >= image_count) {
      return corrupt("image ids: ordinal " + std::to_string(ordinal) + ", but there are " +
                     std::to_string(image_count) + " images");
    }
  }
  return table;
}

ImageIdTable ImageIdTable::join(std::span<const ImageIdTable> tables,
                                std::span<const uint64_t> live) {
  std::vector<std::pair<uint64_t, uint32_t>> entries;
  uint32_t first = 0;
  for (const auto& table : tables) {
    for (size_t i = 0; i < table.keys_.size(); ++i) {
      const uint32_t ordinal = first + table.ordinals_[i];
      if (!live.empty() && (live[ordinal / 64] >> (ordinal % 64) & 1) == 0) continue;
      entries.emplace_back(table.keys_[i], ordinal);
    }
    first += static_cast<uint32_t>(table.keys_.size());
  }
  std::sort(entries.begin(), entries.end());
  ImageIdTable joined;
  for (const auto& [key, ordinal] : entries) {
    joined.keys_.push_back(key);
    joined.ordinals_.push_back(ordinal);
  }
  return joined;
}

std::vector<uint32_t> ImageIdTable::find(std::string_view image_id) const {
  const auto [first, last] = std::equal_range(keys_.begin(), keys_.end(), key_of(image_id));
  return {ordinals_.begin() + (first - keys_.begin()), ordinals_.begin() + (last - keys_.begin())};
}

}  // namespace sightline
