#include "indexer/http_source.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string_view>
#include <thread>

#include <curl/curl.h>

namespace sightline {
namespace {

constexpr int kAttempts = 3;
constexpr std::chrono::milliseconds kFirstPause{150};
constexpr std::chrono::milliseconds kLongestPause{5000};
constexpr long kConnectTimeoutS = 10;
// A transfer slower than this for that long is given up; a slow but living one may take its time.
constexpr long kStallBytesPerS = 64;
constexpr long kStallTimeoutS = 30;
constexpr long kMaxRedirects = 5;
constexpr size_t kMaxManifestBytes = 1 << 20;

using EasyHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

struct Body {
  std::vector<uint8_t> bytes;
  size_t max_bytes = 0;
  bool too_large = false;
};

size_t receive(char* data, size_t, size_t count, void* user) {
  Body& body = *static_cast<Body*>(user);
  if (count > body.max_bytes - body.bytes.size()) {
    body.too_large = true;
    return 0;
  }
  body.bytes.insert(body.bytes.end(), data, data + count);
  return count;
}

struct Answer {
  CURLcode code = CURLE_OK;
  long status = 0;
  std::chrono::seconds retry_after{0};
  std::string transport_error;
  Body body;
};

Answer fetch_once(CURL* handle, const std::string& url, size_t max_bytes) {
  Answer answer;
  answer.body.max_bytes = max_bytes;
  char message[CURL_ERROR_SIZE] = "";
  curl_easy_reset(handle);
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "sightline");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, message);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, kMaxRedirects);
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
  // Asks for the plain bytes, and still decodes what a host compresses unasked.
  curl_easy_setopt(handle, CURLOPT_ACCEPT_ENCODING, "identity");
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, kConnectTimeoutS);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerS);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, kStallTimeoutS);

  answer.code = curl_easy_perform(handle);
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.status);
  curl_off_t retry_after_s = 0;
  curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after_s);
  answer.retry_after = std::chrono::seconds(retry_after_s);
  answer.transport_error = message[0] != '\0' ? message : curl_easy_strerror(answer.code);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, nullptr);
  return answer;
}

bool is_transient(const Answer& answer) {
  switch (answer.code) {
    case CURLE_OK:
      return answer.status == 408 || answer.status == 429 || answer.status >= 500;
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SSL_CONNECT_ERROR:
      return true;
    default:
      return false;
  }
}

Error error_of(const Answer& answer, const std::string& url, int attempts) {
  const std::string tried = attempts > 1 ? " (" + std::to_string(attempts) + " attempts)" : "";
  if (answer.body.too_large) {
    return too_large("cannot fetch " + url + ": it is larger than the limit of " +
                     std::to_string(answer.body.max_bytes) + " bytes");
  }
  if (answer.code != CURLE_OK) {
    const bool unusable =
        answer.code == CURLE_URL_MALFORMAT || answer.code == CURLE_UNSUPPORTED_PROTOCOL;
    return {unusable ? ErrorCode::kInvalidArgument : ErrorCode::kIo,
            "cannot fetch " + url + ": " + answer.transport_error + tried +
                (unusable ? "; check the address" : "; check the address and the connection")};
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
      return io_error(found + (is_transient(answer) ? "; try again later" : ""));
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

// Handles that are free, each with its living connections.
class HttpSource::Connections {
 public:
  EasyHandle take() {
    const std::scoped_lock lock(mutex_);
    if (free_.empty()) return {curl_easy_init(), curl_easy_cleanup};
    EasyHandle handle = std::move(free_.back());
    free_.pop_back();
    return handle;
  }
  void give_back(EasyHandle handle) {
    const std::scoped_lock lock(mutex_);
    free_.push_back(std::move(handle));
  }

 private:
  std::mutex mutex_;
  std::vector<EasyHandle> free_;
};

HttpSource::HttpSource(std::string base_url) : base_url_(std::move(base_url)) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(initialised);
  connections_ = std::make_unique<Connections>();
}

HttpSource::~HttpSource() = default;

Result<std::vector<uint8_t>> HttpSource::get(const std::string& relative_name, size_t max_bytes) {
  if (!is_object_name(relative_name)) return bad_object_name(relative_name);
  EasyHandle handle = connections_->take();
  if (!handle)
    return io_error("cannot fetch " + base_url_ + relative_name + ": libcurl did not start");

  const std::string url = base_url_ + relative_name;
  Answer answer;
  int attempt = 1;
  for (auto pause = kFirstPause;; pause *= 4, ++attempt) {
    answer = fetch_once(handle.get(), url, max_bytes);
    if (attempt == kAttempts || !is_transient(answer)) break;
    std::this_thread::sleep_for(
        std::min(std::max<std::chrono::milliseconds>(pause, answer.retry_after), kLongestPause));
  }
  connections_->give_back(std::move(handle));
  if (answer.code != CURLE_OK || answer.status != 200) return error_of(answer, url, attempt);
  return std::move(answer.body.bytes);
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

std::string curl_version_text() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  const std::string tls = info->ssl_version != nullptr ? info->ssl_version : "no TLS";
  return std::string(info->version) + " (" + tls + ")";
}

}  // namespace sightline
