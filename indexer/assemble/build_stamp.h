#pragma once

#include <string>
#include <vector>

#include "indexer/assemble/assemble_images.h"
#include "indexer/embed/embed_images.h"

namespace sightline {

// Remembers beside the catalog what a bundle was last built from, so that a build without changes
// need not make the bundle again to find that it is the same.
class BuildStamp {
 public:
  BuildStamp(const std::string& catalog_path, const std::string& bundle_path);

  // A digest of all that decides the bytes of a bundle.
  static Sha256Digest fingerprint(const std::vector<HashedImage>& images, const WorkKey& key,
                                  const AssembleOptions& options, const ClipModel& clip);

  // Whether the bundle was last built from this and every file it refers to still has its size.
  bool is_current(const Sha256Digest& fingerprint) const;

  // Call after publishing.
  Result<void> write(const Sha256Digest& fingerprint) const;

 private:
  std::string bundle_path_;
  std::string stamp_path_;
};

}  // namespace sightline
