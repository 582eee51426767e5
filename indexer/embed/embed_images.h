#pragma once

#include <cstdint>
#include <vector>

#include "indexer/base/progress.h"
#include "indexer/catalog/catalog.h"
#include "indexer/embed/prepare_image.h"
#include "indexer/models/clip_model.h"
#include "indexer/sources/source_item.h"

namespace sightline {

// An image of the build with the digest of its bytes.
struct HashedImage {
  SourceImage source;
  Sha256Digest content = {};
};

struct EmbedReport {
  std::vector<ItemError> errors;  // images left out, in order
  uint64_t embedded_count = 0;    // distinct contents worked on in this run
  double wall_s = 0;              // of the whole stage
  double model_s = 0;             // of it, with a call of the vision tower in flight
};

// Images are worked on in groups of this many, by their position among all images of the build.
// A group is committed as a whole, so a run that was killed repeats at most one, and the batches a
// model sees are the same in a run with and without interruptions.
inline constexpr size_t kGroupImages = 16;

// Works on every image whose bytes are not in the catalog under that key: decoding and detection on
// thread_count threads, the vision tower on this one. An image that cannot be read or decoded is
// listed in the report; an error of a model or of the catalog ends the run.
Result<EmbedReport> embed_images(const std::vector<HashedImage>& images, const ClipModel& clip,
                                 const PrepareOptions& options, const WorkKey& key,
                                 unsigned thread_count, Catalog& catalog, Progress& progress);

}  // namespace sightline
