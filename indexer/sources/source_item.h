#pragma once

#include <optional>
#include <string>

namespace sightline {

// One picture of a source, before it has been opened.
struct SourceImage {
  // "<dataset>/<...>": stable across rebuilds and moves of the root, unique in a build, valid
  // UTF-8.
  std::string image_id;
  std::string dataset;   // slug: [a-z0-9-]+
  std::string sequence;  // folder or drive the picture belongs to; "" for the root of a folder
  std::string camera;    // "" where the source knows none
  std::string path;      // opens the file; the raw bytes of its name
  // Path below the source root, '/' separated, as UTF-8 text: '%', control characters and bytes
  // that are no UTF-8 are %XX. A URL escapes everything else but '/' as usual and leaves '%' alone.
  std::string source_key;
  std::optional<double> timestamp_s;  // since 1970-01-01T00:00:00Z
  std::optional<double> latitude_deg, longitude_deg;

  bool operator==(const SourceImage&) const = default;
};

// A file or folder left out of a build, as a line of errors.jsonl.
struct ItemError {
  std::string path;
  std::string stage;  // "scan", "decode", "embed", "detect", ...
  std::string reason;

  bool operator==(const ItemError&) const = default;
};

}  // namespace sightline
