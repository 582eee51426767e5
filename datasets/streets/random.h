#pragma once
#include <cstdint>
#include <utility>
#include <vector>

namespace sightline {

/// splitmix64's finalizer: a well-mixed 64-bit hash of a 64-bit number.
inline uint64_t mix_bits(uint64_t v) {
  v += 0x9E3779B97F4A7C15ull;
  v = (v ^ (v >> 30)) * 0xBF58476D1CE4E5B9ull;
  v = (v ^ (v >> 27)) * 0x94D049BB133111EBull;
  return v ^ (v >> 31);
}

/// A cheap hash of two cell coordinates to [0, 1).
inline float cell_noise(int32_t a, int32_t b, uint32_t seed) {
  uint32_t h = static_cast<uint32_t>(a) * 0x85EBCA6Bu ^ static_cast<uint32_t>(b) * 0xC2B2AE35u ^
               seed * 0x27D4EB2Fu;
  h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
  h = (h ^ (h >> 12)) * 0x297A2D39u;
  return static_cast<float>((h ^ (h >> 15)) >> 8) * (1.0f / 16777216.0f);
}

/// A splitmix64 stream; the same seed gives the same numbers everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(mix_bits(seed)) {}
  Random(uint64_t seed, uint64_t stream) : state_(mix_bits(seed ^ mix_bits(stream))) {}

  uint64_t bits() { return mix_bits(state_ += 0x9E3779B97F4A7C15ull); }
  /// Uniform in [0, 1).
  float unit() { return static_cast<float>(bits() >> 40) * (1.0f / 16777216.0f); }
  float between(float lo, float hi) { return lo + (hi - lo) * unit(); }
  /// Uniform in [0, n); n > 0.
  int below(int n) { return static_cast<int>((bits() >> 32) * static_cast<uint64_t>(n) >> 32); }
  bool chance(float p) { return unit() < p; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(below(static_cast<int>(from.size())))];
  }
  template <class T>
  void shuffle(std::vector<T>& values) {
    for (size_t i = values.size(); i > 1; --i)
      std::swap(values[i - 1], values[static_cast<size_t>(below(static_cast<int>(i)))]);
  }
  /// An index drawn with probability proportional to its weight.
  int weighted(const std::vector<float>& weights) {
    float total = 0;
    for (float w : weights) total += w;
    float at = unit() * total;
    for (size_t i = 0; i < weights.size(); ++i) {
      if ((at -= weights[i]) < 0) return static_cast<int>(i);
    }
    return static_cast<int>(weights.size()) - 1;
  }

 private:
  uint64_t state_;
};

}  // namespace sightline
