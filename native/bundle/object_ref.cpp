#include "native/bundle/object_ref.h"

#include <algorithm>

namespace sightline {

const char* object_kind_name(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kRoot:
      return "root";
    case ObjectKind::kCodes:
      return "codes";
    case ObjectKind::kGraph:
      return "graph";
    case ObjectKind::kViews:
      return "views";
    case ObjectKind::kRecords:
      return "records";
    case ObjectKind::kColumns:
      return "columns";
    case ObjectKind::kImageIds:
      return "ids";
    case ObjectKind::kThumbnail:
      return "webp";
    case ObjectKind::kThumbnailPack:
      return "thumbs";
    case ObjectKind::kModel:
      return "model";
    case ObjectKind::kTokenizer:
      return "tokenizer";
    case ObjectKind::kExamples:
      return "examples";
    case ObjectKind::kRefinement:
      return "refinement";
    case ObjectKind::kTextLayer:
      return "layer";
    case ObjectKind::kTokens:
      return "tokens";
    case ObjectKind::kPhrases:
      return "phrases";
    case ObjectKind::kSuggestions:
      return "suggest";
    case ObjectKind::kTransform:
      return "transform";
    case ObjectKind::kCell:
      return "cell";
    case ObjectKind::kPiece:
      return "piece";
    case ObjectKind::kBase:
      return "base";
    case ObjectKind::kRowList:
      return "list";
    case ObjectKind::kFacetNames:
      return "names";
  }
  return nullptr;
}

std::string object_name(const ObjectRef& ref) {
  const std::string hex = to_hex(ref.sha256);
  return "objects/" + hex.substr(0, 2) + "/" + hex + "." + object_kind_name(ref.kind);
}

void write_object_ref(ByteWriter& writer, const ObjectRef& ref) {
  writer.write(static_cast<uint8_t>(ref.kind));
  writer.write(static_cast<uint8_t>(ref.compression));
  writer.write(uint16_t{0});
  writer.write(ref.stored_bytes);
  writer.write(ref.raw_bytes);
  writer.write_bytes(ref.sha256);
}

void write_object_parts(ByteWriter& writer, const ObjectParts& parts) {
  writer.write(static_cast<uint32_t>(parts.size()));
  for (const auto& part : parts) write_object_ref(writer, part);
}

Result<ObjectRef> read_object_ref(ByteReader& reader, ObjectKind expected) {
  ObjectRef ref;
  const auto kind = reader.read<uint8_t>();
  const auto compression = reader.read<uint8_t>();
  reader.read<uint16_t>();
  ref.stored_bytes = reader.read<uint32_t>();
  ref.raw_bytes = reader.read<uint32_t>();
  const auto digest = reader.take(ref.sha256.size());
  if (!reader.ok()) return corrupt("object reference: the bytes end inside it");
  std::copy(digest.begin(), digest.end(), ref.sha256.begin());
  if (kind != static_cast<uint8_t>(expected)) {
    return corrupt("object reference: kind " + std::to_string(kind) + ", expected " +
                   std::to_string(static_cast<int>(expected)) + " (" + object_kind_name(expected) +
                   ")");
  }
  if (compression > static_cast<uint8_t>(Compression::kZstd)) {
    return unsupported("object reference: compression " + std::to_string(compression) +
                       ", this reader knows 0 (none) and 1 (zstd)");
  }
  ref.kind = expected;
  ref.compression = static_cast<Compression>(compression);
  if (ref.stored_bytes > kMaxObjectBytes || ref.raw_bytes > kMaxObjectBytes) {
    return too_large("object reference: " + std::to_string(ref.stored_bytes) + " bytes stored, " +
                     std::to_string(ref.raw_bytes) + " uncompressed; at most " +
                     std::to_string(kMaxObjectBytes) + " are allowed");
  }
  if (ref.compression == Compression::kNone && ref.stored_bytes != ref.raw_bytes) {
    return corrupt("object reference: stored without compression, yet " +
                   std::to_string(ref.stored_bytes) + " bytes stored and " +
                   std::to_string(ref.raw_bytes) + " uncompressed");
  }
  return ref;
}

Result<ObjectParts> read_object_parts(ByteReader& reader, ObjectKind expected) {
  const auto count = reader.read<uint32_t>();
  if (count > reader.remaining() / kObjectRefBytes) {
    return corrupt("object parts: " + std::to_string(count) + " parts do not fit the " +
                   std::to_string(reader.remaining()) + " bytes left");
  }
  ObjectParts parts;
  parts.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const auto ref, read_object_ref(reader, expected));
    parts.push_back(ref);
  }
  return parts;
}

}  // namespace sightline
