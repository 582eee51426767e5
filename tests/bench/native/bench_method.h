#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tests/bench/data/npy_vectors.h"

namespace sightline::bench {

// One built index of any library. Searches run on one thread, one query at a time.
class BenchIndex {
 public:
  virtual ~BenchIndex() = default;

  // Everything that must be stored to search, in bytes.
  virtual uint64_t stored_bytes() const = 0;

  // The search parameter that buys recall ("efSearch", "nprobe"), and its values, rising.
  virtual std::string effort_name() const = 0;
  virtual std::vector<uint32_t> efforts() const = 0;
  virtual void set_effort(uint32_t effort) = 0;

  // Writes the rows of the k nearest to nearest[k], nearest first; fewer found: UINT32_MAX.
  virtual void search(std::span<const float> query, std::span<uint32_t> nearest) = 0;
};

// A way to search, as it appears in the table. To add one, push it in a function named below.
struct BenchMethod {
  std::string name;  // "hnswlib", "faiss ivf-pq fast scan"
  std::function<std::unique_ptr<BenchIndex>(const Vectors& base)> build;  // unit rows
};

void add_hnswlib_methods(std::vector<BenchMethod>& methods);
void add_sightline_methods(std::vector<BenchMethod>& methods);
void add_faiss_methods(std::vector<BenchMethod>& methods);
// Of a paged bundle of the same vectors; with a graph only where it has one.
void add_bundle_methods(const std::string& bundle, std::vector<BenchMethod>& methods);

inline const std::vector<uint32_t> kEfSearchSteps = {10,  12,  16,  20,  24,  32,  40,  56,  80,
                                                     112, 160, 224, 320, 448, 640, 900, 1280};

}  // namespace sightline::bench
