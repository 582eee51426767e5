#pragma once

#include <cstddef>
#include <cstdint>

namespace sightline {

// Random numbers that are the same with every standard library: Knuth's multiplier and increment.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  // 0 to bound - 1; bound is at least 1.
  size_t below(size_t bound) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return static_cast<size_t>(state_ >> 33) % bound;
  }

 private:
  uint64_t state_;
};

}  // namespace sightline
