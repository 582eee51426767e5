#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/bundle/object_ref.h"

namespace sightline {

// An object as it is stored, with the reference that finds it.
struct PackedObject {
  ObjectRef ref;
  std::vector<uint8_t> stored;
};

// Packs at most kMaxObjectBytes. Kinds that are compressed already (thumbnails) and bytes that
// zstd would not shrink are stored as they are.
PackedObject pack_object(ObjectKind kind, std::span<const uint8_t> raw);

// Splits a payload of any size into objects of at most 8 MiB uncompressed.
std::vector<PackedObject> pack_payload(ObjectKind kind, std::span<const uint8_t> raw);

// Size, then hash, then decompression: the raw bytes of a fetched object, or what is wrong with it.
Result<std::vector<uint8_t>> unpack_object(const ObjectRef& ref, std::span<const uint8_t> stored);

}  // namespace sightline
