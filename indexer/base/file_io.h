#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/result.h"
#include "native/base/sha256.h"

namespace sightline {

// "<what>: <the system's text>; <remedy>", with kNotFound for ENOENT and kIo for the rest.
// what says what was tried and on which path, such as "cannot read data/a.jpg".
Error system_error(std::string what, int error_number);

// The whole file. Errors: kNotFound, kIo, kTooLarge beyond max_bytes.
Result<std::vector<uint8_t>> read_file(const std::string& path, size_t max_bytes);
Result<std::string> read_text_file(const std::string& path, size_t max_bytes);

// Replaces path as a whole: a reader sees the old bytes or the new ones, also after a crash.
// A failure leaves no temporary file behind. The folder must exist.
Result<void> write_file_atomic(const std::string& path, std::span<const uint8_t> bytes);
Result<void> write_file_atomic(const std::string& path, std::string_view text);
// The parts one after the other.
Result<void> write_file_atomic(const std::string& path,
                               std::initializer_list<std::span<const uint8_t>> parts);

// Removes from a folder what write_file_atomic left there in a process that was killed meanwhile.
enum class Depth : uint8_t { kFolder, kTree };
void remove_abandoned_files(const std::string& folder, Depth depth);

// Makes the folder and the ones above it; no error where it is there already.
Result<void> make_directories(const std::string& path);

// What tells a changed file from an unchanged one without reading it.
struct FileStamp {
  uint64_t size_bytes = 0;
  int64_t mtime_ns = 0;  // since 1970

  bool operator==(const FileStamp&) const = default;
};
Result<FileStamp> stamp_of_file(const std::string& path);

// SHA-256 of a file of any size, read in pieces.
Result<Sha256Digest> sha256_file(const std::string& path);

inline std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace sightline
