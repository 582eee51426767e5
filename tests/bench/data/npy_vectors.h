#pragma once

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

namespace sightline::bench {

// Prints "PROGRAM: MESSAGE" and ends the program: a benchmark has nobody to recover for.
[[noreturn]] void fail(const std::string& message);

// A matrix held in memory.
struct Vectors {
  uint32_t rows = 0;
  uint32_t dim = 0;
  std::vector<float> values;  // [rows, dim] float32, row-major

  std::span<const float> row(size_t i) const { return std::span(values).subspan(i * dim, dim); }
  std::span<float> row(size_t i) { return std::span(values).subspan(i * dim, dim); }
};

// A matrix of integers, such as the nearest rows of each query.
struct Ordinals {
  uint32_t rows = 0;
  uint32_t k = 0;
  std::vector<uint32_t> values;  // [rows, k] uint32, row-major

  std::span<const uint32_t> row(size_t i) const { return std::span(values).subspan(i * k, k); }
};

// Reads at most `row_limit` rows of a float16 or float32 .npy of shape [n, dim]; ends the program
// on anything else.
Vectors read_npy(const std::string& path, uint32_t row_limit = UINT32_MAX);

// Reads a uint32 .npy of shape [n, k].
Ordinals read_npy_ordinals(const std::string& path);

// Numbers separated by tabs, one row a line, as NGT ships its data: what follows the first `dim`
// numbers (an id) is skipped.
Vectors read_tsv(const std::string& path, uint32_t dim);

// Writes rows one block after another, so that a file can be larger than memory.
class NpyWriter {
 public:
  enum class Type : uint8_t { kFloat16, kFloat32, kUint32 };

  NpyWriter(const std::string& path, Type type, uint32_t rows, uint32_t dim);
  ~NpyWriter();
  NpyWriter(const NpyWriter&) = delete;
  NpyWriter& operator=(const NpyWriter&) = delete;

  void write(std::span<const float> values);
  void write(std::span<const uint32_t> values);

 private:
  void write_bytes(const void* bytes, size_t size);

  std::string path_;
  Type type_;
  std::FILE* file_;
};

void write_npy(const std::string& path, NpyWriter::Type type, const Vectors& vectors);
void write_npy(const std::string& path, const Ordinals& ordinals);

}  // namespace sightline::bench
