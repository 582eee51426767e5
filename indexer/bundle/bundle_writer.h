#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/object.h"
#include "native/bundle/root.h"

namespace sightline {

// Writes the files of one bundle: objects first, the manifest last, each whole or not at all.
class BundleWriter {
 public:
  // Makes the folder where it is not there.
  static Result<BundleWriter> open(std::string bundle_path);

  // Puts one object in its place. A file that is there already counts only with the right size and
  // hash; anything else under its name is replaced.
  Result<ObjectRef> add(ObjectKind kind, std::span<const uint8_t> raw);
  Result<ObjectRef> put(const PackedObject& object);
  Result<ObjectParts> add_payload(ObjectKind kind, std::span<const uint8_t> raw);

  // The stored bytes of an object that was added, not verified again.
  Result<std::vector<uint8_t>> stored(const ObjectRef& ref) const;

  // Writes the root and then the manifest that names it: from here on readers see the new bundle.
  Result<void> finish(const Root& root);

  uint64_t new_file_count() const { return new_file_count_; }
  uint64_t new_bytes() const { return new_bytes_; }

 private:
  explicit BundleWriter(std::string path) : path_(std::move(path)) {}

  std::string path_;
  uint64_t new_file_count_ = 0;
  uint64_t new_bytes_ = 0;
};

}  // namespace sightline
