#pragma once

#include <string>
#include <utility>

#include "native/base/result.h"

namespace sightline {

// An advisory lock (flock) held as long as the object lives; the system releases it when the
// process dies. The file stays and holds the process id of its last owner.
class FileLock {
 public:
  // what names the thing that is guarded. Errors: kIo, naming the process that holds the lock.
  static Result<FileLock> acquire(const std::string& path, const std::string& what);

  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace sightline
