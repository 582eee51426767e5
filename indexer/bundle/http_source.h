#pragma once

#include <string>

#include "indexer/bundle/object_source.h"
#include "indexer/net/http_client.h"

namespace sightline {

// A bundle behind an address, fetched whole objects at a time with plain GET requests.
//
// An answer of 408, 429 or 5xx and a broken connection are tried 3 times in all, with growing
// pauses. Redirects and proxies are HttpClient's.
class HttpSource final : public ObjectSource {
 public:
  // base_url ends with a slash.
  explicit HttpSource(std::string base_url) : base_url_(std::move(base_url)) {}

  Result<std::vector<uint8_t>> get(const std::string& relative_name, size_t max_bytes) override;
  const std::string& location() const override { return base_url_; }

 private:
  std::string base_url_;
  HttpClient client_;
};

}  // namespace sightline
