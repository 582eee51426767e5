#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/cell_deltas.h"
#include "native/bundle/cells.h"
#include "native/bundle/facets.h"
#include "native/bundle/object_ref.h"
#include "native/bundle/packed_encoder.h"
#include "native/bundle/phrase_bank.h"
#include "native/bundle/relevance.h"

namespace sightline {

// The version this code writes. A reader refuses another major version and skips sections it does
// not know, unless they are marked as required.
inline constexpr uint16_t kFormatMajor = 1;
inline constexpr uint16_t kFormatMinor = 1;

// Where the pictures of one dataset come from and under which terms.
struct DatasetInfo {
  std::string slug;
  std::string licence;  // empty: unknown
  std::string
      media_base_url;  // relative to the manifest or absolute; empty: originals not published
};

// A file of a model, joined from parts.
struct PublishedFile {
  std::string role;  // "text", "vision"
  std::string name;  // as in the model's folder, for messages
  uint64_t byte_count = 0;
  Sha256Digest sha256 = {};  // of the joined file
  ObjectParts parts;         // empty: the file is not published with the bundle
};

// The CLIP pair whose embeddings the index holds.
struct ModelInfo {
  std::string id;
  std::string licence;
  std::string warning;  // shown to visitors, e.g. what a small model does not know; or empty
  uint32_t embedding_dim = 0;
  uint32_t image_size_px = 0;
  std::array<float, 3> mean = {};
  std::array<float, 3> stddev = {};
  uint32_t context_length = 0;
  ObjectParts tokenizer;
  std::vector<PublishedFile> files;
};

enum class RowKind : uint8_t { kImages = 0, kCrops = 1 };

// Resident: every part is loaded before the first search. Paged: a query fetches the cells it
// opens.
enum class IndexLayout : uint8_t { kResident = 1, kPaged = 2 };

// One table of rows with its search structures.
struct IndexInfo {
  RowKind row_kind = RowKind::kImages;
  IndexLayout layout = IndexLayout::kResident;
  uint32_t row_count = 0;
  uint32_t dim = 0;
  uint32_t m = 0;  // HNSW neighbors per row and level above 0
  uint32_t ef_construction = 0;
  // Mean and standard deviation of the best similarity of an image to a phrase, over the phrase
  // list and the images; they make this table's similarities comparable with another's.
  double similarity_mean = 0.0;
  double similarity_stddev = 1.0;
  std::vector<uint8_t> code_parameters;  // FORMAT.md, "code parameters"
  ObjectParts codes;                     // [row_count, dim] int8
  ObjectParts refinement;                // 4 bits more of every code; empty: none
  ObjectParts views;
  ObjectParts graph;    // empty: no graph, rows are scanned
  CellDirectory cells;  // of a paged index; row i shows image i, as do those of deltas behind them
};

// Records of images [first_ordinal, the next piece's first_ordinal).
struct RecordPiece {
  uint32_t first_ordinal = 0;
  ObjectRef ref;
};

struct QualityFigure {
  std::string name;  // "recall_at_10", with the unit as suffix where there is one
  double value = 0.0;
};

// What a bundle keeps for the build that continues it. No search reads it.
struct BuildMemory {
  std::vector<ObjectParts> objects;  // kind kBase
  std::vector<uint8_t> facts;        // as the builder writes them

  bool empty() const { return objects.empty() && facts.empty(); }
};

// The decoded root object: everything a reader must know before it fetches anything else.
struct Root {
  std::string title;
  std::string generator;
  uint32_t image_count = 0;  // ordinals, those of removed images among them
  std::vector<DatasetInfo> datasets;
  std::vector<std::string> class_names;  // detections name their class by position here
  ModelInfo model;
  std::vector<IndexInfo> indexes;
  FacetInfo facets;   // of a paged index
  ObjectParts graph;  // of a paged index; of others see IndexInfo
  std::vector<RecordPiece> records;
  ObjectParts columns;
  ObjectParts image_ids;
  ObjectParts examples;
  std::vector<QualityFigure> quality;
  PhraseBankInfo phrase_bank;  // no directories: the bundle has none
  RelevanceInfo relevance;
  std::optional<PackedEncoderInfo> packed_encoder;
  CellDeltas deltas;  // of a paged index
  BuildMemory build_memory;

  // Images that columns and image_ids are about; those of deltas have their own.
  uint32_t base_image_count() const { return image_count - deltas.row_count(); }
  // Images that can be found.
  uint32_t live_image_count() const {
    return image_count - static_cast<uint32_t>(deltas.removed.size());
  }
};

// The raw (uncompressed) bytes of a root object (FORMAT.md, section 4), and back.
std::vector<uint8_t> write_root(const Root& root);
Result<Root> parse_root(std::span<const uint8_t> raw);

}  // namespace sightline
