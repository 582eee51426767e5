#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "indexer/models/detection.h"
#include "native/base/sha256.h"
#include "native/base/view.h"

namespace sightline {

// What a thumbnail was made to be.
struct ThumbnailKey {
  uint32_t longest_px = 0;  // of its longer side; 0: none wanted
  std::string encoding;     // the encoder with its options, such as "webp quality=80"

  bool operator==(const ThumbnailKey&) const = default;
};

// All that decides what comes out of working on given bytes. Equal keys and equal bytes: equal
// results.
struct WorkKey {
  Sha256Digest model = {};     // the vision tower's file
  Sha256Digest detector = {};  // zeros: none
  std::string options;         // every other choice that matters, such as "crops=on;views=1"
  ThumbnailKey thumbnail;      // not part of what embeddings depend on

  bool operator==(const WorkKey&) const = default;
};

struct ViewEmbedding {
  View view;
  std::vector<uint16_t> half;  // [dim] fp16, see native/base/half.h

  bool operator==(const ViewEmbedding&) const = default;
};

// What was computed from the bytes of one image.
struct ImageWork {
  Sha256Digest content = {};             // of the file's bytes
  uint32_t width_px = 0, height_px = 0;  // of the original, after EXIF orientation
  std::vector<ViewEmbedding> views;      // in row order; all of one dimension
  std::vector<Detection> detections;
  std::vector<uint8_t> thumbnail;  // empty: none

  bool operator==(const ImageWork&) const = default;
};

}  // namespace sightline
