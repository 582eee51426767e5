#pragma once

#include <string>
#include <vector>

#include "indexer/bundle/opened_bundle.h"

namespace sightline {

// An object and what asked for it, for messages: "root", "codes of images", "thumbnail of ID".
struct ReferencedObject {
  ObjectRef ref;
  std::string owner;
};

// Every object the bundle refers to, each once: those of the root, then the thumbnails that the
// records name, without those of images that are gone. Fetches the pieces of records.
Result<std::vector<ReferencedObject>> referenced_objects(OpenedBundle& bundle);

// Whether every file of a bundle in a folder is there in full length, and how many there are; reads
// the cells of a paged one, the records of others. kCorrupt, naming the first that is not.
Result<size_t> check_files(OpenedBundle& bundle, const std::string& bundle_path);

}  // namespace sightline
