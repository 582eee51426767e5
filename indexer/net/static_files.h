#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native/base/result.h"

namespace sightline {

// An answer to one GET, before it is sent. The body is text, or else the file at file_path.
struct Reply {
  int status = 200;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string text;
  std::string file_path;  // empty: the body is text
  uint64_t body_bytes = 0;

  // How a hostile host spoils the sending.
  bool gzip = false;
  bool drop_connection = false;             // before the first byte
  std::optional<uint64_t> cut_after_bytes;  // while the full length is announced
  std::optional<uint32_t> bytes_per_s;

  void set_text(int new_status, std::string new_content_type, std::string new_text);
  void set_header(const std::string& name, std::string value);
  // Reads the file into text.
  Result<void> load();
};

// What a static host serves: the files below one folder and nothing else, mounted at a base path.
// Names that start with a dot are not there, nor is what a symbolic link reaches outside the
// folder.
class StaticFiles {
 public:
  // base_path such as "/" or "/docs/demo/". Errors: kNotFound, kInvalidArgument.
  static Result<StaticFiles> open(const std::string& folder, const std::string& base_path);

  // url_path: percent-decoded, without the query. if_none_match: the request's header or "".
  // Always a reply: 200, 301 to the folder's slash, 304, 403 or 404 with one line of text.
  Reply get(const std::string& url_path, const std::string& if_none_match) const;

  const std::string& folder() const { return folder_; }
  const std::string& base_path() const { return base_path_; }  // starts and ends with a slash

 private:
  StaticFiles(std::string folder, std::string base_path)
      : folder_(std::move(folder)), base_path_(std::move(base_path)) {}

  std::string folder_;  // canonical
  std::string base_path_;
};

std::string content_type_of(std::string_view path);
// Whether the path ends in objects/<2 hex>/<sha256>.<kind>, the digits agreeing.
bool is_object_path(std::string_view path);
// is_object_path(), or a manifest.json.
bool is_bundle_path(std::string_view path);
// "public, max-age=31536000, immutable" for objects and for assets with a hash in their name, else
// "no-cache".
std::string cache_control_of(std::string_view path);

// Headers of every reply: a content security policy that allows this site's own files and
// WebAssembly.
std::vector<std::pair<std::string, std::string>> security_headers();

}  // namespace sightline
