#include "native/search/packed_text_encoder.h"

#include <algorithm>
#include <set>
#include <string>

#include "native/bundle/object.h"

namespace sightline {
namespace {

constexpr float kRounding = 32767;

void append_once(std::vector<ObjectRef>& list, const ObjectRef& ref) {
  if (std::find(list.begin(), list.end(), ref) == list.end()) list.push_back(ref);
}

// Half away from zero.
float round_to_int16(float value) {
  const auto code = static_cast<int32_t>(value * kRounding + (value < 0 ? -0.5f : 0.5f));
  return static_cast<float>(code) / kRounding;
}

}  // namespace

Result<PackedTextEncoder> PackedTextEncoder::open(const PackedEncoderInfo& info,
                                                  uint32_t embedding_dim) {
  PackedTextEncoder encoder;
  encoder.info_ = info;
  ASSIGN_OR_RETURN(encoder.shape_, parse_text_shape(info.shape));
  if (encoder.shape_.embedding_dim != embedding_dim) {
    return corrupt("text encoder: it gives " + std::to_string(encoder.shape_.embedding_dim) +
                   " dimensions, the bundle's model has " + std::to_string(embedding_dim));
  }
  if (info.layers.size() != encoder.shape_.layer_count) {
    return corrupt("text encoder: " + std::to_string(info.layers.size()) +
                   " layers are listed, its shape says " +
                   std::to_string(encoder.shape_.layer_count));
  }
  encoder.layers_.resize(info.layers.size());
  return encoder;
}

uint32_t PackedTextEncoder::chunk_count() const {
  return (shape_.token_count + info_.tokens_per_chunk - 1) / info_.tokens_per_chunk;
}

uint32_t PackedTextEncoder::tokens_in_chunk(uint32_t chunk) const {
  return std::min(info_.tokens_per_chunk, shape_.token_count - chunk * info_.tokens_per_chunk);
}

std::vector<ObjectRef> PackedTextEncoder::missing_objects() const {
  std::vector<ObjectRef> missing;
  if (!chunks_) missing.push_back(info_.directory);
  for (size_t i = 0; i < layers_.size(); ++i) {
    if (!layers_[i]) append_once(missing, info_.layers[i]);
  }
  if (!ends_) append_once(missing, info_.ends);
  return missing;
}

Result<std::vector<ObjectRef>> PackedTextEncoder::missing_objects(
    std::span<const uint32_t> ids) const {
  ASSIGN_OR_RETURN(const auto meaningful, meaningful_ids(shape_, ids));
  auto missing = missing_objects();
  if (!chunks_) return missing;
  for (const uint32_t id : meaningful) {
    const uint32_t chunk = id / info_.tokens_per_chunk;
    if (tokens_.count(chunk) == 0) append_once(missing, (*chunks_)[chunk]);
  }
  return missing;
}

std::vector<ObjectRef> PackedTextEncoder::all_objects() const {
  std::vector<ObjectRef> all = {info_.directory};
  std::set<Sha256Digest> listed = {info_.directory.sha256};
  const auto append = [&](const ObjectRef& ref) {
    if (listed.insert(ref.sha256).second) all.push_back(ref);
  };
  for (const auto& ref : info_.layers) append(ref);
  append(info_.ends);
  if (chunks_) {
    for (const auto& ref : *chunks_) append(ref);
  }
  return all;
}

Result<void> PackedTextEncoder::take_payload(const ObjectRef& ref, std::span<const uint8_t> raw) {
  bool is_wanted = false;
  if (ref == info_.directory) {
    is_wanted = true;
    ASSIGN_OR_RETURN(chunks_, parse_token_directory(raw, chunk_count()));
  }
  if (ref == info_.ends) {
    is_wanted = true;
    ASSIGN_OR_RETURN(ends_, parse_text_ends(raw, shape_));
  }
  for (size_t i = 0; i < layers_.size(); ++i) {
    if (info_.layers[i] != ref) continue;
    is_wanted = true;
    ASSIGN_OR_RETURN(layers_[i], parse_text_layer(raw, shape_));
  }
  for (uint32_t chunk = 0; chunks_ && chunk < chunks_->size(); ++chunk) {
    if ((*chunks_)[chunk] != ref) continue;
    is_wanted = true;
    ASSIGN_OR_RETURN(tokens_[chunk], parse_token_rows(raw, tokens_in_chunk(chunk), shape_.width));
  }
  if (is_wanted) return {};
  return invalid_argument("the text encoder does not have this object");
}

Result<void> PackedTextEncoder::add_object(const ObjectRef& ref, std::span<const uint8_t> stored) {
  ASSIGN_OR_RETURN(const auto raw, unpack_object(ref, stored));
  auto taken = take_payload(ref, raw);
  if (taken) return {};
  return Error{taken.error().code, object_name(ref) + ": " + taken.error().message};
}

Result<std::vector<float>> PackedTextEncoder::encode(std::span<const uint32_t> ids) const {
  ASSIGN_OR_RETURN(const auto missing, missing_objects(ids));
  if (!missing.empty()) {
    return not_found("text encoder: " + std::to_string(missing.size()) +
                     " objects are missing, first " + object_name(missing.front()));
  }
  ASSIGN_OR_RETURN(const auto meaningful, meaningful_ids(shape_, ids));
  std::vector<float> rows(meaningful.size() * shape_.width);
  for (size_t t = 0; t < meaningful.size(); ++t) {
    const uint32_t id = meaningful[t];
    tokens_.at(id / info_.tokens_per_chunk)
        .decode(id % info_.tokens_per_chunk,
                std::span(rows).subspan(t * shape_.width, shape_.width));
  }
  std::vector<const TextTowerLayer*> layers;
  for (const auto& layer : layers_) layers.push_back(&*layer);
  ASSIGN_OR_RETURN(auto embedding, (TextTowerRun{shape_, *ends_, layers}.embed(rows)));
  for (float& value : embedding) value = round_to_int16(value);
  return embedding;
}

}  // namespace sightline
