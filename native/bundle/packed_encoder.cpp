#include "native/bundle/packed_encoder.h"

#include <string>

namespace sightline {
namespace {

constexpr uint32_t kMaxShapeBytes = 1024;
constexpr uint32_t kMaxTokensPerChunk = 65'536;

}  // namespace

std::vector<uint8_t> write_packed_encoder(const PackedEncoderInfo& info) {
  ByteWriter writer;
  writer.write(static_cast<uint32_t>(info.shape.size()));
  writer.write_bytes(info.shape);
  write_object_ref(writer, info.ends);
  write_object_parts(writer, info.layers);
  writer.write(info.tokens_per_chunk);
  write_object_ref(writer, info.directory);
  return std::move(writer).take();
}

Result<PackedEncoderInfo> parse_packed_encoder(ByteReader& reader) {
  PackedEncoderInfo info;
  const auto shape_bytes = reader.read<uint32_t>();
  if (reader.ok() && shape_bytes > kMaxShapeBytes) {
    return corrupt("packed text encoder: a shape of " + std::to_string(shape_bytes) +
                   " bytes, at most " + std::to_string(kMaxShapeBytes));
  }
  const auto shape = reader.take(shape_bytes);
  info.shape.assign(shape.begin(), shape.end());
  ASSIGN_OR_RETURN(info.ends, read_object_ref(reader, ObjectKind::kTextLayer));
  ASSIGN_OR_RETURN(info.layers, read_object_parts(reader, ObjectKind::kTextLayer));
  info.tokens_per_chunk = reader.read<uint32_t>();
  ASSIGN_OR_RETURN(info.directory, read_object_ref(reader, ObjectKind::kTokens));
  if (info.tokens_per_chunk == 0 || info.tokens_per_chunk > kMaxTokensPerChunk) {
    return corrupt("packed text encoder: " + std::to_string(info.tokens_per_chunk) +
                   " tokens a chunk, expected 1 to " + std::to_string(kMaxTokensPerChunk));
  }
  return info;
}

std::vector<uint8_t> write_token_directory(const ObjectParts& chunks) {
  ByteWriter writer;
  write_object_parts(writer, chunks);
  return std::move(writer).take();
}

Result<ObjectParts> parse_token_directory(std::span<const uint8_t> payload, uint32_t chunk_count) {
  ByteReader reader(payload);
  ASSIGN_OR_RETURN(auto chunks, read_object_parts(reader, ObjectKind::kTokens));
  if (!reader.ok() || reader.remaining() > 0 || chunks.size() != chunk_count) {
    return corrupt("token directory: " + std::to_string(chunks.size()) + " chunks in " +
                   std::to_string(payload.size()) + " bytes, expected " +
                   std::to_string(chunk_count) + " chunks and nothing else");
  }
  return chunks;
}

}  // namespace sightline
