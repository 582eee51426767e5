#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/clip/text_tower.h"

namespace sightline {

// CLIP's text tower in float32, as found in a network's file.
struct ClipTextWeights {
  TextTowerShape shape;            // but for end_id, which the tokenizer knows
  std::vector<float> token_table;  // [token_count, width]
  TextTowerEnds ends;
  std::vector<TextTowerLayer> layers;
};

// Follows the graph from input_ids to the embedding and takes every weight by the part it plays:
// names mean nothing. expected_heads: of config.json, for graphs that do not say; 0: unknown.
//
// Errors: kModel, naming the file and the first operator that CLIP's text tower does not have
// there. That attention is causal and text pooled at the end token cannot be seen here: compare
// embeddings.
Result<ClipTextWeights> read_clip_text_graph(std::span<const uint8_t> bytes,
                                             const std::string& title, uint32_t expected_heads);

}  // namespace sightline
