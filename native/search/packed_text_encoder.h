#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/packed_encoder.h"
#include "native/clip/text_tower.h"
#include "native/clip/text_tower_bytes.h"

namespace sightline {

// CLIP's text encoder out of a bundle's objects. Bytes in, embeddings out: the caller fetches.
//
//   open() → fetch missing_objects() → add_object() each → again with the ids of a text → encode()
//
// encode() may be called from several threads while nothing is added.
class PackedTextEncoder {
 public:
  // Errors: kCorrupt, also where the encoder's dimension is not the bundle's.
  static Result<PackedTextEncoder> open(const PackedEncoderInfo& info, uint32_t embedding_dim);

  const TextTowerShape& shape() const { return shape_; }

  // What every text needs and is not there yet: the token directory, the layers in order, the ends.
  std::vector<ObjectRef> missing_objects() const;
  // With the chunks of the token table that these ids need; while the directory is missing, without
  // them. Errors: kInvalidArgument for ids that are no text of this encoder.
  Result<std::vector<ObjectRef>> missing_objects(std::span<const uint32_t> ids) const;
  // Every object of the encoder, there or not; the chunks once the directory is there.
  std::vector<ObjectRef> all_objects() const;

  // Checks the stored bytes against the reference, decompresses and parses them. Every error names
  // the object.
  Result<void> add_object(const ObjectRef& ref, std::span<const uint8_t> stored);

  // The embedding [embedding_dim], of unit length and then rounded to multiples of 1 / 32767: the
  // same bytes on every target. ids as Tokenizer::encode gives them.
  Result<std::vector<float>> encode(std::span<const uint32_t> ids) const;

 private:
  uint32_t chunk_count() const;
  uint32_t tokens_in_chunk(uint32_t chunk) const;
  Result<void> take_payload(const ObjectRef& ref, std::span<const uint8_t> raw);

  PackedEncoderInfo info_;
  TextTowerShape shape_;
  std::optional<ObjectParts> chunks_;
  std::optional<TextTowerEnds> ends_;
  std::vector<std::optional<TextTowerLayer>> layers_;  // [layer_count]
  std::map<uint32_t, TokenRows> tokens_;               // by chunk
};

}  // namespace sightline
