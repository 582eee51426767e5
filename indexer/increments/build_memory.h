#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "indexer/index/index_plan.h"
#include "native/base/result.h"
#include "native/base/sha256.h"
#include "native/bundle/columns.h"
#include "native/bundle/root.h"

namespace sightline {

// What a bundle of vectors keeps for the next build, so that it is a base by itself (FORMAT.md,
// section 4.9). No search reads it.
struct VectorMemory {
  Sha256Digest options = {};         // of what shapes codes and cells
  uint32_t piece_rows = 0;           // at most, of a piece
  ObjectParts encoder;               // how rows find their cells and become codes
  std::vector<ObjectParts> digests;  // of the rows: of the cells, then of each generation of deltas
};

BuildMemory write_vector_memory(const VectorMemory& memory);
Result<VectorMemory> read_vector_memory(const BuildMemory& section);

// What a bundle of images keeps.
struct ImageMemory {
  uint32_t fitted_images = 0;     // that the codes were fitted to
  uint32_t answered_images = 0;   // ordinals when the first answers were made
  uint32_t answered_removed = 0;  // of them, those that were gone
};
BuildMemory write_image_memory(const ImageMemory& memory);
Result<ImageMemory> read_image_memory(const BuildMemory& section);

// The matrices of a plan in half precision, and back into a plan that has its codes and cells.
std::vector<uint8_t> write_row_encoder(const PagedPlan& plan);
Result<void> read_row_encoder(std::span<const uint8_t> payload, PagedPlan& plan);

// A digest of everything but the rows that decides codes and cells. queries: where they come from,
// as bytes; of columns names and types count.
Sha256Digest digest_of_options(const PagedOptions& options, std::span<const uint8_t> queries,
                               uint32_t dim, std::span<const Column> columns);

}  // namespace sightline
