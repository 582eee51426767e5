#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/result.h"
#include "native/bundle/object_ref.h"

namespace sightline {

inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr size_t kMaxManifestBytes = 64u << 10;

// manifest.json, the one mutable file of a bundle (FORMAT.md, section 2).
struct Manifest {
  uint16_t major = 0;
  uint16_t minor = 0;
  ObjectRef root;
  std::string generator;
};

std::string write_manifest(const Manifest& manifest);

// Refuses what is no manifest, and a newer major version with both numbers in the message.
Result<Manifest> parse_manifest(std::string_view text);

}  // namespace sightline
