#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "indexer/net/static_files.h"
#include "native/base/result.h"

namespace sightline {

struct HostileKind {
  const char* name;
  const char* description;
};

// Every kind `serve --hostile` knows, for help texts and tests.
std::vector<HostileKind> hostile_kinds();

// Spoils replies as one kind of bad host does. gzip, mime and no-cors concern every file; the
// others the bundle's manifest and objects, so that the page itself still loads. Thread-safe.
class HostileHost {
 public:
  // folder: what is served. Errors: kInvalidArgument for an unknown kind, naming those there are.
  static Result<std::unique_ptr<HostileHost>> open(const std::string& kind,
                                                   const std::string& folder);

  // target: the request's path and query as sent. Called for every reply with a body.
  void spoil(const std::string& target, Reply& reply);

 private:
  friend struct HostileTable;

  std::string folder_;
  void (*apply_)(HostileHost&, const std::string& target, Reply&) = nullptr;
  bool everything_ = false;
  std::vector<std::string> objects_;  // sorted paths of the objects in folder_
  std::mutex mutex_;
  std::map<std::string, uint32_t> request_counts_;  // by target
};

}  // namespace sightline
