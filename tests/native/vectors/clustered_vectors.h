#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sightline::testing {

// SplitMix64: the same numbers on every target and standard library.
class TestRandom {
 public:
  explicit TestRandom(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  uint32_t below(uint32_t limit) { return static_cast<uint32_t>((next() >> 32) * limit >> 32); }

  // [0, 1)
  float uniform() { return static_cast<float>(next() >> 40) * 0x1p-24f; }

  // Close to normal (Irwin-Hall), mean 0, variance 1, without the C library's logarithm.
  float normal() {
    float sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }

 private:
  uint64_t state_;
};

inline void scale_to_unit(std::span<float> vector) {
  double square = 0;
  for (const float value : vector) square += double{value} * value;
  const auto factor = static_cast<float>(1 / std::sqrt(square));
  for (float& value : vector) value *= factor;
}

// Unit vectors modelled on CLIP's: images lie in clusters around one shared direction; texts share
// another direction and only lean towards a cluster (the modality gap), so that as queries they are
// out of distribution. The spread falls from direction to direction and is then rotated.
struct ClusteredVectors {
  size_t dim;
  std::vector<float> images;  // [image_count, dim] unit rows
  std::vector<float> texts;   // [text_count, dim] unit rows

  std::span<const float> image(size_t row) const {
    return std::span(images).subspan(row * dim, dim);
  }
  std::span<const float> text(size_t row) const { return std::span(texts).subspan(row * dim, dim); }
};

class ClusteredVectorMaker {
 public:
  // dim must be a power of two.
  ClusteredVectorMaker(uint64_t seed, size_t dim, uint32_t cluster_count)
      : random_(seed), dim_(dim), cluster_count_(cluster_count), spread_(dim), signs_(dim) {
    double square = 0;
    for (size_t i = 0; i < dim; ++i) {
      spread_[i] = 1 / std::sqrt(static_cast<float>(i + 4));
      square += double{spread_[i]} * spread_[i];
      signs_[i] = random_.below(2) == 0 ? -1.0f : 1.0f;
    }
    for (float& value : spread_) value = static_cast<float>(value / std::sqrt(square));
    image_direction_ = draw(1);
    text_direction_ = draw(1);
    for (uint32_t i = 0; i < cluster_count; ++i) {
      const auto center = draw(1);
      centers_.insert(centers_.end(), center.begin(), center.end());
    }
  }

  void add_image(std::vector<float>& out) { add(out, image_direction_, 1.0f, 0.75f, 0.65f); }
  void add_text(std::vector<float>& out) { add(out, text_direction_, 1.0f, 0.45f, 0.55f); }

 private:
  // A random vector of about the given length.
  std::vector<float> draw(float length) {
    std::vector<float> vector(dim_);
    for (size_t i = 0; i < dim_; ++i) vector[i] = random_.normal() * spread_[i] * length;
    return vector;
  }

  void add(std::vector<float>& out, const std::vector<float>& direction, float shared,
           float cluster, float own) {
    const float* center = centers_.data() + random_.below(cluster_count_) * dim_;
    auto vector = draw(own);
    for (size_t i = 0; i < dim_; ++i) {
      vector[i] = (vector[i] + shared * direction[i] + cluster * center[i]) * signs_[i];
    }
    rotate(vector);
    scale_to_unit(vector);
    out.insert(out.end(), vector.begin(), vector.end());
  }

  // Walsh-Hadamard: after the random signs, a rotation (up to length).
  static void rotate(std::span<float> vector) {
    for (size_t width = 1; width < vector.size(); width *= 2) {
      for (size_t i = 0; i < vector.size(); ++i) {
        if ((i & width) != 0) continue;
        const float a = vector[i];
        const float b = vector[i + width];
        vector[i] = a + b;
        vector[i + width] = a - b;
      }
    }
  }

  TestRandom random_;
  size_t dim_;
  uint32_t cluster_count_;
  std::vector<float> spread_;  // [dim]
  std::vector<float> signs_;   // [dim]
  std::vector<float> image_direction_;
  std::vector<float> text_direction_;
  std::vector<float> centers_;  // [cluster_count, dim]
};

// A function of its arguments, to the last bit, on every target. dim must be a power of two.
inline ClusteredVectors make_clustered_vectors(uint64_t seed, size_t image_count, size_t text_count,
                                               size_t dim, uint32_t cluster_count) {
  ClusteredVectorMaker maker(seed, dim, cluster_count);
  ClusteredVectors vectors{dim, {}, {}};
  vectors.images.reserve(image_count * dim);
  vectors.texts.reserve(text_count * dim);
  for (size_t i = 0; i < image_count; ++i) maker.add_image(vectors.images);
  for (size_t i = 0; i < text_count; ++i) maker.add_text(vectors.texts);
  return vectors;
}

}  // namespace sightline::testing
