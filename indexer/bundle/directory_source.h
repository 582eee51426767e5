#pragma once

#include <string>

#include "indexer/bundle/object_source.h"

namespace sightline {

// A bundle in a folder.
class DirectorySource final : public ObjectSource {
 public:
  // folder holds manifest.json and objects/.
  explicit DirectorySource(std::string folder) : folder_(std::move(folder)) {}

  Result<std::vector<uint8_t>> get(const std::string& relative_name, size_t max_bytes) override;
  const std::string& location() const override { return folder_; }

 private:
  std::string folder_;
};

}  // namespace sightline
