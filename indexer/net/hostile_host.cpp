#include "indexer/net/hostile_host.h"

#include <algorithm>
#include <filesystem>

namespace sightline {

namespace fs = std::filesystem;

namespace {

constexpr uint32_t kRefusedRequests = 2;
constexpr size_t kStaleEvery = 5;
constexpr uint32_t kSlowBytesPerS = 20'000;
constexpr const char* kHtml = "text/html; charset=utf-8";

std::string path_of(const std::string& target) { return target.substr(0, target.find('?')); }

bool is_object(const std::string& target) { return is_object_path(path_of(target)); }

std::vector<std::string> objects_below(const std::string& folder) {
  std::vector<std::string> objects;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_object_path(entry->path().string())) objects.push_back(entry->path().string());
  }
  std::sort(objects.begin(), objects.end());
  return objects;
}

// Loads the body so that it can be changed; a file that cannot be read is a plain 404.
bool load(Reply& reply) {
  if (reply.load()) return true;
  reply.set_text(404, kHtml, "404\n");
  return false;
}

}  // namespace

struct HostileTable {
  struct Entry {
    HostileKind kind;
    bool everything;
    void (*apply)(HostileHost&, const std::string& target, Reply&);
  };

  static const std::vector<Entry>& entries() {
    static const std::vector<Entry> table = {
        {{"gzip", "compresses every file with Content-Encoding: gzip, asked or not"},
         true,
         [](HostileHost&, const std::string&, Reply& reply) { reply.gzip = load(reply); }},
        {{"mime", "calls everything but the page's own HTML, scripts and styles text/plain"},
         true,
         [](HostileHost&, const std::string&, Reply& reply) {
           const std::string& type = reply.content_type;
           const bool page = type.starts_with("text/html") || type.starts_with("text/javascript") ||
                             type.starts_with("text/css");
           if (!page) reply.content_type = "text/plain";
         }},
        {{"404-body", "answers 404 for objects, with the right bytes as the body"},
         false,
         [](HostileHost&, const std::string& target, Reply& reply) {
           if (is_object(target)) reply.status = 404;
         }},
        {{"truncate", "announces an object's full length and hangs up after half of it"},
         false,
         [](HostileHost&, const std::string& target, Reply& reply) {
           if (is_object(target)) reply.cut_after_bytes = reply.body_bytes / 2;
         }},
        {{"short", "serves the first half of an object as if it were all"},
         false,
         [](HostileHost&, const std::string& target, Reply& reply) {
           if (is_object(target) && load(reply)) {
             reply.set_text(200, reply.content_type, reply.text.substr(0, reply.text.size() / 2));
           }
         }},
        {{"html-200", "answers objects with an HTML error page and status 200"},
         false,
         [](HostileHost&, const std::string& target, Reply& reply) {
           if (is_object(target)) {
             reply.set_text(200, kHtml,
                            "<!doctype html><title>Oops</title><h1>Something went wrong</h1>\n");
           }
         }},
        {{"flaky-503",
          "answers 503 with Retry-After: 0 to the first two requests of each bundle file"},
         false,
         [](HostileHost& host, const std::string& target, Reply& reply) {
           const std::scoped_lock lock(host.mutex_);
           if (++host.request_counts_[path_of(target)] > kRefusedRequests) return;
           reply.set_text(503, kHtml, "<h1>503 Service Unavailable</h1>\n");
           reply.set_header("Retry-After", "0");
           reply.set_header("Cache-Control", "no-store");
         }},
        {{"stale", "serves the next object's bytes for every fifth object"},
         false,
         [](HostileHost& host, const std::string&, Reply& reply) {
           const auto& objects = host.objects_;
           const auto found = std::lower_bound(objects.begin(), objects.end(), reply.file_path);
           const auto index = static_cast<size_t>(found - objects.begin());
           if (found == objects.end() || *found != reply.file_path || index % kStaleEvery != 0)
             return;
           reply.file_path = objects[(index + 1) % objects.size()];
           load(reply);
         }},
        {{"redirect", "sends every bundle file to the same path with ?r=1 first"},
         false,
         [](HostileHost&, const std::string& target, Reply& reply) {
           if (target.find('?') != target.npos) return;
           reply.set_text(302, kHtml, "<h1>302 Found</h1>\n");
           reply.set_header("Location", target + "?r=1");
           reply.set_header("Cache-Control", "no-store");
         }},
        {{"no-cors", "sends no Access-Control-Allow-Origin"},
         true,
         [](HostileHost&, const std::string&, Reply& reply) {
           std::erase_if(reply.headers, [](const auto& header) {
             return header.first.starts_with("Access-Control-");
           });
         }},
        {{"slow", "sends bundle files at 20 kB/s"},
         false,
         [](HostileHost&, const std::string&, Reply& reply) {
           reply.bytes_per_s = kSlowBytesPerS;
         }},
        {{"offline", "hangs up on every request for an object"},
         false,
         [](HostileHost&, const std::string& target, Reply& reply) {
           reply.drop_connection = is_object(target);
         }},
        {{"bitflip", "flips one bit in the middle of each object"},
         false,
         [](HostileHost&, const std::string& target, Reply& reply) {
           if (is_object(target) && load(reply) && !reply.text.empty())
             reply.text[reply.text.size() / 2] ^= 1;
         }},
    };
    return table;
  }
};

std::vector<HostileKind> hostile_kinds() {
  std::vector<HostileKind> kinds;
  for (const auto& entry : HostileTable::entries()) kinds.push_back(entry.kind);
  return kinds;
}

Result<std::unique_ptr<HostileHost>> HostileHost::open(const std::string& kind,
                                                       const std::string& folder) {
  std::string names;
  for (const auto& entry : HostileTable::entries()) {
    if (kind == entry.kind.name) {
      auto host = std::make_unique<HostileHost>();
      host->folder_ = folder;
      host->apply_ = entry.apply;
      host->everything_ = entry.everything;
      host->objects_ = objects_below(folder);
      return host;
    }
    names += names.empty() ? entry.kind.name : std::string(", ") + entry.kind.name;
  }
  return invalid_argument("hostile kind '" + kind + "' is not known; there are " + names);
}

void HostileHost::spoil(const std::string& target, Reply& reply) {
  if (reply.status == 200 && (everything_ || is_bundle_path(path_of(target))))
    apply_(*this, target, reply);
}

}  // namespace sightline
