#include "native/bundle/object.h"

#include <algorithm>

#include "native/bundle/compression.h"

namespace sightline {
namespace {

constexpr size_t kPartBytes = 8u << 20;

}  // namespace

PackedObject pack_object(ObjectKind kind, std::span<const uint8_t> raw) {
  PackedObject object;
  object.ref.kind = kind;
  object.ref.raw_bytes = static_cast<uint32_t>(raw.size());
  if (kind != ObjectKind::kThumbnail && kind != ObjectKind::kThumbnailPack) {
    object.stored = zstd_compress(raw);
    object.ref.compression = Compression::kZstd;
  }
  if (object.ref.compression == Compression::kNone || object.stored.size() >= raw.size()) {
    object.stored.assign(raw.begin(), raw.end());
    object.ref.compression = Compression::kNone;
  }
  object.ref.stored_bytes = static_cast<uint32_t>(object.stored.size());
  object.ref.sha256 = sha256(object.stored);
  return object;
}

std::vector<PackedObject> pack_payload(ObjectKind kind, std::span<const uint8_t> raw) {
  std::vector<PackedObject> objects;
  for (size_t start = 0; start < raw.size(); start += kPartBytes) {
    objects.push_back(
        pack_object(kind, raw.subspan(start, std::min(kPartBytes, raw.size() - start))));
  }
  return objects;
}

Result<std::vector<uint8_t>> unpack_object(const ObjectRef& ref, std::span<const uint8_t> stored) {
  if (stored.size() != ref.stored_bytes) {
    return corrupt(object_name(ref) + ": " + std::to_string(stored.size()) +
                   " bytes, its reference says " + std::to_string(ref.stored_bytes));
  }
  if (const auto found = sha256(stored); found != ref.sha256) {
    return corrupt(object_name(ref) + ": the bytes hash to " + to_hex(found) +
                   "; the file is damaged or another was served in its place");
  }
  if (ref.compression == Compression::kNone) {
    return std::vector<uint8_t>(stored.begin(), stored.end());
  }
  auto raw = zstd_decompress(stored, ref.raw_bytes);
  if (!raw) {
    return Error{raw.error().code, object_name(ref) + ": " + raw.error().message};
  }
  return raw;
}

}  // namespace sightline
