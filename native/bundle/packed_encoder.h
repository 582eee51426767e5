#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/object_ref.h"

namespace sightline {

// Where the parts of a packed text encoder are (FORMAT.md, section 15). What their bytes mean is
// native/clip/text_tower_bytes.h.
struct PackedEncoderInfo {
  std::vector<uint8_t> shape;
  ObjectRef ends;      // what stands before and after the layers
  ObjectParts layers;  // one object a layer, in order; not parts of one payload
  uint32_t tokens_per_chunk = 0;
  ObjectRef directory;  // of the chunks of the token table
};

// The payload of root section 7, and back. parse reads to the end of the reader's bytes.
std::vector<uint8_t> write_packed_encoder(const PackedEncoderInfo& info);
Result<PackedEncoderInfo> parse_packed_encoder(ByteReader& reader);

// The payload of the directory: the chunks in order of their tokens, and back.
std::vector<uint8_t> write_token_directory(const ObjectParts& chunks);
Result<ObjectParts> parse_token_directory(std::span<const uint8_t> payload, uint32_t chunk_count);

}  // namespace sightline
