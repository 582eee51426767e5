#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tests/bench/data/npy_vectors.h"

namespace sightline::bench {

// The real CLIP vectors that the simulator is fitted to and whose texts are the queries.
struct RealVectors {
  Vectors images;  // unit rows
  Vectors texts;   // unit rows, each text once
};

// Reads the assets below `folder` (clip_image_flickr8k, clip_text_detic).
RealVectors read_real_vectors(const std::string& folder);

// Draws unit vectors that look like the image vectors of one large collection of photos.
//
// A vector is mean + A z, with A A' the covariance of the real images; z mixes what its topic, its
// subject within the topic and itself contribute. A topic has a real text and lies around a real
// image that fits it, so that the collection is no Gaussian; topics and subjects are of very
// unequal size and tightness. Subjects also lean towards the text of their topic and one near it,
// as photos of a thing lean towards its name.
//
// Row i is a function of (seed, i): a smaller collection is the start of a larger one, and any
// number of threads may draw.
class ClipSimulator {
 public:
  ClipSimulator(const RealVectors& real, uint64_t seed);

  uint32_t dim() const { return dim_; }

  // Writes image vector `row` to out[dim].
  void draw(uint64_t row, std::span<float> out) const;

 private:
  struct Topic {
    std::vector<float> z;  // [dim]
    float tightness;       // scale of what varies inside it
    uint32_t text;         // what it shows: a row of the texts
    std::vector<uint32_t> near_texts;
  };

  void add_normals(uint64_t stream, float scale, std::span<float> z) const;

  uint32_t dim_;
  uint64_t seed_;
  std::vector<float> mean_;  // [dim]
  std::vector<float> root_;  // [dim, dim], lower triangular: root * root' = covariance
  std::vector<Topic> topics_;
  Vectors text_offsets_;  // texts less their mean
};

}  // namespace sightline::bench
