#include "indexer/net/static_files.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <sys/stat.h>

#include "indexer/base/file_io.h"
#include "native/base/sha256.h"

namespace sightline {

namespace fs = std::filesystem;

namespace {

constexpr size_t kMaxLoadedBytes = 1u << 30;
constexpr const char* kText = "text/plain; charset=utf-8";

constexpr std::array<std::pair<std::string_view, const char*>, 30> kContentTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".jsonl", "application/x-ndjson"},
    {".webmanifest", "application/manifest+json"},
    {".wasm", "application/wasm"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".png", "image/png"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".avif", "image/avif"},
    {".bmp", "image/bmp"},
    {".svg", "image/svg+xml"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".mp4", "video/mp4"},
    {".webm", "video/webm"},
    {".mov", "video/quicktime"},
    {".pdf", "application/pdf"},
    {".xml", "application/xml"},
    {".csv", "text/csv; charset=utf-8"},
    {".txt", kText},
    {".md", kText},
    {".zip", "application/zip"},
    {".gz", "application/gzip"},
    {".zst", "application/zstd"},
}};

std::string_view file_name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view extension_of(std::string_view path) {
  const std::string_view name = file_name_of(path);
  const size_t dot = name.rfind('.');
  return dot == name.npos ? std::string_view{} : name.substr(dot);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "app-3f2a9c1b.js", "chunk-KX7QW2AB.js": eight or more hexadecimal digits with a decimal one among
// them, or as many upper-case letters and digits.
bool has_hash(std::string_view path) {
  std::string_view stem = file_name_of(path);
  stem.remove_suffix(extension_of(path).size());
  const std::string_view tail = stem.substr(stem.find_last_of("-.") + 1);
  if (tail.size() < 8 || tail.size() == stem.size()) return false;
  const bool hex = std::all_of(tail.begin(), tail.end(),
                               [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  const bool upper = std::all_of(tail.begin(), tail.end(),
                                 [](char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); });
  return upper || (hex && std::any_of(tail.begin(), tail.end(), is_digit));
}

// A path below the folder, or nothing for one that has a part no file of a site has.
std::optional<std::string> relative_file_path(std::string_view path) {
  if (path.find('\0') != path.npos || path.find('\\') != path.npos) return std::nullopt;
  std::string_view rest = path;
  while (!rest.empty()) {
    const size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty() || part[0] == '.') return std::nullopt;
    rest = slash == rest.npos ? std::string_view{} : rest.substr(slash + 1);
  }
  return std::string(path);
}

bool is_inside(const fs::path& file, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), file.begin(), file.end()).first ==
         folder.end();
}

// Other characters are safe in a Location header as they are.
std::string percent_encoded(std::string_view path) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : path) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte > ' ' && byte < 0x7f && c != '%' && c != '?' && c != '#' && c != '"') {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

bool lists_etag(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != if_none_match.npos;
}

Reply text_reply(int status, std::string text) {
  Reply reply;
  reply.set_text(status, kText, std::move(text));
  return reply;
}

}  // namespace

void Reply::set_header(const std::string& name, std::string value) {
  std::erase_if(headers, [&](const auto& header) { return header.first == name; });
  headers.emplace_back(name, std::move(value));
}

void Reply::set_text(int new_status, std::string new_content_type, std::string new_text) {
  status = new_status;
  content_type = std::move(new_content_type);
  text = std::move(new_text);
  file_path.clear();
  body_bytes = text.size();
}

Result<void> Reply::load() {
  if (file_path.empty()) return {};
  ASSIGN_OR_RETURN(text, read_text_file(file_path, kMaxLoadedBytes));
  file_path.clear();
  body_bytes = text.size();
  return {};
}

std::string content_type_of(std::string_view path) {
  std::string extension(extension_of(path));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const auto& [known, type] : kContentTypes) {
    if (extension == known) return type;
  }
  return "application/octet-stream";
}

bool is_object_path(std::string_view path) {
  const std::string_view name = file_name_of(path);
  if (name.size() < 66 || name[64] != '.' || !digest_from_hex(name.substr(0, 64))) return false;
  const std::string folder = "objects/" + std::string(name.substr(0, 2)) + "/";
  const std::string_view above = path.substr(0, path.size() - name.size());
  return above == folder || above.ends_with("/" + folder);
}

bool is_bundle_path(std::string_view path) {
  return is_object_path(path) || file_name_of(path) == "manifest.json";
}

std::string cache_control_of(std::string_view path) {
  const bool asset = path.starts_with("assets/") || path.find("/assets/") != path.npos;
  const bool immutable = is_object_path(path) || (asset && has_hash(path));
  return immutable ? "public, max-age=31536000, immutable" : "no-cache";
}

std::vector<std::pair<std::string, std::string>> security_headers() {
  return {
      {"Content-Security-Policy",
       "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src "
       "'self'; "
       "img-src 'self' data: blob:; style-src 'self'; object-src 'none'; base-uri 'none'; "
       "frame-ancestors 'self'; form-action 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "strict-origin-when-cross-origin"},
  };
}

Result<StaticFiles> StaticFiles::open(const std::string& folder, const std::string& base_path) {
  std::error_code error;
  const fs::path canonical = fs::canonical(folder, error);
  if (error) return system_error("cannot serve " + folder, error.value());
  if (!fs::is_directory(canonical, error)) {
    return invalid_argument(
        "cannot serve " + folder +
        ": it is not a directory; give the one that `sightline build --out` wrote");
  }
  std::string base = base_path.empty() ? "/" : base_path;
  if (base.front() != '/') base.insert(0, "/");
  if (base.back() != '/') base += '/';
  if (base != "/" && !relative_file_path(std::string_view(base).substr(1))) {
    return invalid_argument("base path '" + base_path + "' is no plain path such as /docs/demo/");
  }
  return StaticFiles(canonical.string(), base);
}

Reply StaticFiles::get(const std::string& url_path, const std::string& if_none_match) const {
  if (url_path + "/" == base_path_) {
    Reply reply = text_reply(301, "moved to " + base_path_ + "\n");
    reply.set_header("Location", percent_encoded(base_path_));
    return reply;
  }
  if (!url_path.starts_with(base_path_))
    return text_reply(404, "404: this site begins at " + base_path_ + "\n");

  const Reply missing = text_reply(404, "404: no such file: " + url_path + "\n");
  const auto relative = relative_file_path(std::string_view(url_path).substr(base_path_.size()));
  if (!relative) return missing;
  fs::path path = fs::path(folder_) / *relative;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    if (!url_path.ends_with('/')) {
      Reply reply = text_reply(301, "moved to " + url_path + "/\n");
      reply.set_header("Location", percent_encoded(url_path + "/"));
      return reply;
    }
    path /= "index.html";
  } else if (url_path.ends_with('/')) {
    return missing;
  }

  const fs::path canonical = fs::canonical(path, error);
  struct stat status;
  if (error || ::stat(canonical.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return missing;
  if (!is_inside(canonical, folder_)) {
    return text_reply(403, "403: a link leads outside the served folder: " + url_path + "\n");
  }

  Reply reply;
  reply.content_type = content_type_of(path.string());
  reply.file_path = canonical.string();
  reply.body_bytes = static_cast<uint64_t>(status.st_size);
  const std::string etag = "\"" + std::to_string(status.st_size) + "-" +
                           std::to_string(status.st_mtim.tv_sec) + "." +
                           std::to_string(status.st_mtim.tv_nsec) + "\"";
  reply.set_header("ETag", etag);
  reply.set_header("Cache-Control", cache_control_of(path.string()));
  if (lists_etag(if_none_match, etag)) {
    reply.status = 304;
    reply.file_path.clear();
    reply.body_bytes = 0;
  }
  return reply;
}

}  // namespace sightline
