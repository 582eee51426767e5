#pragma once

#include <string>

#include "indexer/models/model_folder.h"
#include "indexer/models/packed_encoder_objects.h"
#include "native/base/result.h"

namespace sightline {

// Packs the text tower of a CLIP model: layers of four-bit blocks, eight bits for the matrices
// where four cost most of what is lost, until the mean cosine to the float tower is kLeastCosine or
// the layers take kMostLayerBytes, for which a visitor waits; token rows of eight bits. The float
// tower is first compared with ONNX Runtime. The same model gives the same bytes.
//
// Errors: kModel, naming the file, for a network that is not CLIP's text tower.
inline constexpr double kLeastCosine = 0.998;
inline constexpr size_t kMostLayerBytes = 20'500'000;
Result<PackedEncoder> pack_text_encoder(const ModelFolder& folder);

// pack_text_encoder, kept in the user's cache folder for the next time.
Result<PackedEncoder> packed_text_encoder(const ModelFolder& folder);

// Writes text_encoder.bin (the payload of root section 7) and the objects below `folder`, and back.
Result<void> write_packed_encoder_folder(const PackedEncoder& encoder, const std::string& folder);
Result<PackedEncoder> read_packed_encoder_folder(const std::string& folder);

}  // namespace sightline
