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
  ImageIdTable table;
  RETURN_IF_ERROR(table.append(payload, image_count));
  return table;
}

Result<void> ImageIdTable::append(std::span<const uint8_t> payload, uint32_t image_count) {
  if (payload.size() != uint64_t{image_count} * kEntryBytes) {
    return corrupt("image ids: " + std::to_string(payload.size()) + " bytes, expected " +
                   std::to_string(uint64_t{image_count} * kEntryBytes));
  }
  ByteReader reader(payload);
  const size_t first = keys_.size();
  keys_.resize(first + image_count);
  ordinals_.resize(first + image_count);
  for (size_t i = first; i < keys_.size(); ++i) {
    keys_[i] = reader.read<uint64_t>();
    if (i > first && keys_[i] < keys_[i - 1]) return corrupt("image ids: the keys do not ascend");
  }
  for (size_t i = first; i < keys_.size(); ++i) {
    const auto ordinal = reader.read<uint32_t>();
    if (ordinal >= image_count) {
      return corrupt("image ids: ordinal " + std::to_string(ordinal) + ", but there are " +
                     std::to_string(image_count) + " images");
    }
    ordinals_[i] = static_cast<uint32_t>(first) + ordinal;
  }
  ends_.push_back(static_cast<uint32_t>(keys_.size()));
  return {};
}

std::vector<uint32_t> ImageIdTable::find(std::string_view image_id) const {
  std::vector<uint32_t> found;
  const uint64_t key = key_of(image_id);
  auto begin = keys_.begin();
  for (const uint32_t end : ends_) {
    auto place = std::lower_bound(begin, keys_.begin() + end, key);
    begin = keys_.begin() + end;
    for (; place != begin && *place == key; ++place) {
      found.push_back(ordinals_[static_cast<size_t>(place - keys_.begin())]);
    }
  }
  return found;
}

}  // namespace sightline
