#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "native/base/byte_reader.h"
#include "native/base/byte_writer.h"
#include "native/base/result.h"
#include "native/base/sha256.h"

namespace sightline {

// What an object holds (FORMAT.md, section 3). The values are in published files: never change
// them.
enum class ObjectKind : uint8_t {
  kRoot = 1,
  kCodes = 2,
  kGraph = 3,
  kViews = 4,
  kRecords = 5,
  kColumns = 6,
  kImageIds = 7,
  kThumbnail = 8,      // one WebP file
  kThumbnailPack = 9,  // WebP files one after another
  kModel = 10,
  kTokenizer = 11,
  kExamples = 12,
  kRefinement = 13,
  kTextLayer = 14,    // of the packed text encoder
  kTokens = 15,       // of the packed text encoder
  kPhrases = 16,      // a page of the phrase bank
  kSuggestions = 17,  // phrases to complete what is typed
  kTransform = 18,    // of a paged index, what only refinement needs
  kCell = 19,
  kPiece = 20,
  kBase = 24,        // what a later build starts from; no search reads it
  kRowList = 25,     // of a paged index, the rows of a rare value
  kFacetNames = 26,  // of a paged index, the values of a facet that has many
};

enum class Compression : uint8_t { kNone = 0, kZstd = 1 };

// No object is larger than this, stored or uncompressed; writers split payloads into such parts.
inline constexpr uint32_t kMaxObjectBytes = 16u << 20;

// Everything a reader needs to fetch an object and to know it for the right one.
struct ObjectRef {
  ObjectKind kind = ObjectKind::kRoot;
  Compression compression = Compression::kNone;
  uint32_t stored_bytes = 0;  // the size of the file
  uint32_t raw_bytes = 0;     // after decompression
  Sha256Digest sha256 = {};   // of the file's bytes

  bool operator==(const ObjectRef&) const = default;
};

// One payload in parts, to be joined in order.
using ObjectParts = std::vector<ObjectRef>;

// The file extension of a kind: "root", "codes", ..., or null for a value outside the enum.
const char* object_kind_name(ObjectKind kind);

// "objects/ab/abcd….codes", relative to the bundle.
std::string object_name(const ObjectRef& ref);

inline constexpr size_t kObjectRefBytes = 44;
void write_object_ref(ByteWriter& writer, const ObjectRef& ref);
void write_object_parts(ByteWriter& writer, const ObjectParts& parts);

// Reads a reference of the expected kind; sizes beyond kMaxObjectBytes are refused.
Result<ObjectRef> read_object_ref(ByteReader& reader, ObjectKind expected);
Result<ObjectParts> read_object_parts(ByteReader& reader, ObjectKind expected);

}  // namespace sightline
