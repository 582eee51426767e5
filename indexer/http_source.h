#pragma once

#include <memory>
#include <string>

#include "indexer/object_source.h"

namespace sightline {

// A bundle behind an address, fetched whole objects at a time with plain GET requests.
//
// At most 5 redirects, only to http and https. An answer of 408, 429 or 5xx and a broken connection
// are tried 3 times in all, with growing pauses (or the host's Retry-After, up to 5 s). Proxies
// come from the environment (http_proxy, https_proxy, all_proxy, no_proxy).
class HttpSource final : public ObjectSource {
 public:
  // base_url ends with a slash.
  explicit HttpSource(std::string base_url);
  ~HttpSource() override;

  Result<std::vector<uint8_t>> get(const std::string& relative_name, size_t max_bytes) override;
  const std::string& location() const override { return base_url_; }

 private:
  class Connections;

  std::string base_url_;
  std::unique_ptr<Connections> connections_;
};

// The version line of the HTTP library in use, such as "7.88.1 (OpenSSL/3.0.19)".
std::string curl_version_text();

}  // namespace sightline
