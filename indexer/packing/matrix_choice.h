#pragma once

#include <span>
#include <string>
#include <vector>

#include "indexer/packing/clip_text_graph.h"
#include "native/base/result.h"

namespace sightline {

// A packed tower and how near it comes to the float one.
struct PackedTower {
  TextTowerEnds ends;
  std::vector<TextTowerLayer> layers;
  double mean_cosine = 0;
  uint32_t matrix_count = 0;
  uint32_t eight_bit_count = 0;
};

// The rows of the token table for some ids, as packed: [ids, width].
std::vector<float> packed_token_rows(const ClipTextWeights& tower, std::span<const uint32_t> ids);

// Packs every matrix with four bits, then the ones that cost most with eight until the mean cosine
// over the texts (token ids) reaches least_cosine or the layers would exceed most_layer_bytes.
Result<PackedTower> choose_matrices(const ClipTextWeights& tower,
                                    const std::vector<std::vector<uint32_t>>& texts,
                                    double least_cosine, size_t most_layer_bytes);

}  // namespace sightline
