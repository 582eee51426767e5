#include "indexer/models/packed_encoder_objects.h"

namespace sightline {

uint64_t PackedEncoder::first_bytes() const {
  uint64_t total = info.ends.stored_bytes + uint64_t{info.directory.stored_bytes};
  for (const auto& layer : info.layers) total += layer.stored_bytes;
  return total;
}

Result<PackedTextEncoder> PackedEncoder::load(uint32_t embedding_dim) const {
  ASSIGN_OR_RETURN(auto encoder, PackedTextEncoder::open(info, embedding_dim));
  // The directory stands last, and chunks are known only with it.
  for (auto object = objects.rbegin(); object != objects.rend(); ++object) {
    RETURN_IF_ERROR(encoder.add_object(object->ref, object->stored));
  }
  return encoder;
}

}  // namespace sightline
