#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "native/base/result.h"

namespace sightline {

// The rows of a NumPy file (.npy, version 1 to 3; float16 or float32, C order, two axes), mapped
// into memory and read as they are asked for.
class VectorFile {
 public:
  // Errors: kNotFound, kIo; kInvalidArgument for anything that is not such a file or is shorter
  // than its header says, with what was found and what to do.
  static Result<VectorFile> open(const std::string& path);

  const std::string& path() const { return path_; }
  uint32_t row_count() const { return row_count_; }
  uint32_t dim() const { return dim_; }

  // Rows [first, first + count) scaled to unit length: [count, dim] float32.
  // kInvalidArgument: a row that holds NaN or infinity, or only zeros, by its number.
  Result<void> read_rows(uint32_t first, uint32_t count, std::span<float> rows) const;

 private:
  VectorFile() = default;

  std::string path_;
  std::shared_ptr<const uint8_t> bytes_;  // the mapping
  size_t data_offset_ = 0;
  uint32_t row_count_ = 0;
  uint32_t dim_ = 0;
  bool is_half_ = false;
};

}  // namespace sightline
