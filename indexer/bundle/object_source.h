#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/result.h"

namespace sightline {

// The files of one bundle, by name. Safe to use from several threads.
class ObjectSource {
 public:
  virtual ~ObjectSource() = default;

  // The whole file "manifest.json" or "objects/ab/abcd….codes". Bytes are as found: the caller
  // checks size and hash. Errors: kInvalidArgument for a name that is_object_name() refuses,
  // kNotFound, kTooLarge beyond max_bytes (nothing more than that is held), kIo.
  virtual Result<std::vector<uint8_t>> get(const std::string& relative_name, size_t max_bytes) = 0;

  // Where the bundle is: its folder, or its address with a slash at the end.
  virtual const std::string& location() const = 0;
};

// Opens a site, a bundle or the address of either (http or https; with or without index.html or
// manifest.json at the end). Errors: kNotFound where there is no manifest, kInvalidArgument for
// another kind of address, kIo.
Result<std::unique_ptr<ObjectSource>> open_object_source(const std::string& path_or_url);

// The same for each kind of place; these are what open_object_source chooses between.
Result<std::unique_ptr<ObjectSource>> open_directory_source(const std::string& path);
Result<std::unique_ptr<ObjectSource>> open_http_source(const std::string& url);

}  // namespace sightline
