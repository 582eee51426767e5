#include "indexer/bundle/http_source.h"

#include <algorithm>
#include <string_view>
#include <thread>

#include "indexer/base/file_names.h"
namespace sightline {
namespace {

constexpr size_t kMaxManifestBytes = 1 << 20;

Error error_of(const HttpAnswer& answer, const std::string& url, int attempts, size_t max_bytes) {
  const std::string tried = attempts > 1 ? " (" + std::to_string(attempts) + " attempts)" : "";
  switch (answer.outcome) {
    case HttpAnswer::Outcome::kStopped:
      return too_large("cannot fetch " + url + ": it is larger than the limit of " +
                       std::to_string(max_bytes) + " bytes");
    case HttpAnswer::Outcome::kBadAddress:
      return invalid_argument("cannot fetch " + url + ": " + answer.detail + tried +
                              "; check the address");
    case HttpAnswer::Outcome::kBroken:
      return io_error("cannot fetch " + url + ": " + answer.detail + tried +
                      "; check the address and the connection");
    case HttpAnswer::Outcome::kAnswered:
      break;
  }
  const std::string found = "cannot fetch " + url + ": the host answered HTTP " +
                            std::to_string(answer.status) + tried + ", expected 200";
  switch (answer.status) {
    case 403:
    case 404:
    case 410:
      return not_found(found +
                       "; check the address and whether the bundle was uploaded completely");
    case 401:
      return io_error(found + "; the host asks for a login, which a bundle's readers do not have");
    default:
      return io_error(found + (answer.transient ? "; try again later" : ""));
  }
}

std::string without_suffix(std::string text, std::string_view suffix) {
  if (text.ends_with(suffix)) text.resize(text.size() - suffix.size());
  return text;
}

// A host that answers every address with its start page has no manifest there, whatever the status.
bool looks_like_json_object(const std::vector<uint8_t>& bytes) {
  const auto first = std::find_if(bytes.begin(), bytes.end(), [](uint8_t c) { return c > ' '; });
  return first != bytes.end() && *first == '{';
}

}  // namespace

Result<std::vector<uint8_t>> HttpSource::get(const std::string& relative_name, size_t max_bytes) {
  if (!is_object_name(relative_name)) return bad_object_name(relative_name);
  const std::string url = base_url_ + relative_name;
  std::vector<uint8_t> bytes;
  const auto receive = [&](long, std::span<const uint8_t> piece) {
    if (piece.size() > max_bytes - bytes.size()) return false;
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    return true;
  };
  for (int attempt = 1;; ++attempt) {
    bytes.clear();
    const HttpAnswer answer = client_.get(url, 0, receive);
    if (answer.outcome == HttpAnswer::Outcome::kAnswered && answer.status == 200) return bytes;
    if (attempt == kHttpAttempts || !answer.transient)
      return error_of(answer, url, attempt, max_bytes);
    std::this_thread::sleep_for(pause_after_attempt(attempt, answer));
  }
}

Result<std::unique_ptr<ObjectSource>> open_http_source(const std::string& url) {
  std::string base = url.substr(0, url.find_first_of("?#"));
  const bool names_manifest = base.ends_with("/manifest.json");
  base = without_suffix(without_suffix(base, "manifest.json"), "index.html");
  if (!base.ends_with('/')) base += '/';

  std::vector<std::string> candidates = {base};
  if (!names_manifest) candidates.insert(candidates.begin(), base + "bundle/");
  for (const std::string& candidate : candidates) {
    auto source = std::make_unique<HttpSource>(candidate);
    const auto manifest = source->get("manifest.json", kMaxManifestBytes);
    if (manifest && looks_like_json_object(*manifest)) {
      return std::unique_ptr<ObjectSource>(std::move(source));
    }
    if (!manifest && manifest.error().code != ErrorCode::kNotFound) return manifest.error();
  }
  return not_found(
      "cannot open bundle " + url + ": the host has no " +
      (names_manifest ? "manifest.json there" : "bundle/manifest.json and no manifest.json there") +
      "; give the address of a site or bundle that `sightline build` wrote");
}

}  // namespace sightline
