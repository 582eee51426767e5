#pragma once

#include <cstdint>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/object.h"
#include "native/bundle/packed_encoder.h"
#include "native/search/packed_text_encoder.h"

namespace sightline {

// A text encoder packed for the core: the objects of a bundle and what names them.
struct PackedEncoder {
  PackedEncoderInfo info;
  std::vector<PackedObject> objects;  // each once, the directory of tokens last
  double mean_cosine = 0;             // to the float encoder, over sample phrases
  uint32_t matrix_count = 0;
  uint32_t eight_bit_count = 0;  // of the matrices; the others have four bits

  // What a visitor fetches before the first text, but for its token rows.
  uint64_t first_bytes() const;
  // An encoder with every object in it.
  Result<PackedTextEncoder> load(uint32_t embedding_dim) const;
};

}  // namespace sightline
