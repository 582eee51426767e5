#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace sightline {

// True where `path` can be opened for reading.
inline bool file_exists(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file != nullptr) std::fclose(file);
  return file != nullptr;
}

// All bytes of `path`. Throws std::runtime_error, which fails the test case, when it cannot be
// read.
inline std::vector<uint8_t> read_file(const std::string& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                       &std::fclose);
  if (file == nullptr) throw std::runtime_error("cannot open " + path);
  std::vector<uint8_t> bytes;
  std::vector<uint8_t> piece(1 << 16);
  while (const size_t count = std::fread(piece.data(), 1, piece.size(), file.get())) {
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count));
  }
  if (std::ferror(file.get()) != 0) throw std::runtime_error("cannot read " + path);
  return bytes;
}

// All bytes of tests/fixtures/`name`.
inline std::vector<uint8_t> read_fixture(const std::string& name) {
  return read_file(std::string(SIGHTLINE_SOURCE_DIR "/tests/fixtures/") + name);
}

// Path of `name` in the asset folder beside the repository. It may be absent: test with file_exists
// and say so with WARN.
inline std::string shared_asset(const std::string& name) {
  return std::string(SIGHTLINE_SHARED_DIR "/assets/") + name;
}

}  // namespace sightline
