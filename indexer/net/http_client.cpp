#include "indexer/net/http_client.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include <curl/curl.h>

namespace sightline {
namespace {

constexpr std::chrono::milliseconds kFirstPause{150};
constexpr std::chrono::milliseconds kLongestPause{5000};
constexpr long kConnectTimeoutS = 10;
// A transfer slower than this for that long is given up; a slow but living one may take its time.
constexpr long kStallBytesPerS = 64;
constexpr long kStallTimeoutS = 30;
constexpr long kMaxRedirects = 5;

using EasyHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

struct Transfer {
  CURL* handle;
  const HttpClient::Receiver& receive;
  bool stopped = false;
};

size_t hand_over(char* data, size_t, size_t count, void* user) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  long status = 0;
  curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
  transfer.stopped = !transfer.receive(status, {reinterpret_cast<const uint8_t*>(data), count});
  return transfer.stopped ? 0 : count;
}

bool is_transient(CURLcode code, long status) {
  switch (code) {
    case CURLE_OK:
      return status == 408 || status == 429 || status >= 500;
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

HttpAnswer::Outcome outcome_of(CURLcode code, bool stopped) {
  if (stopped) return HttpAnswer::Outcome::kStopped;
  if (code == CURLE_OK) return HttpAnswer::Outcome::kAnswered;
  return code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL
             ? HttpAnswer::Outcome::kBadAddress
             : HttpAnswer::Outcome::kBroken;
}

}  // namespace

std::chrono::milliseconds pause_after_attempt(int attempt, const HttpAnswer& answer) {
  std::chrono::milliseconds pause = kFirstPause;
  for (int i = 1; i < attempt && pause < kLongestPause; ++i) pause *= 4;
  return std::min(std::max<std::chrono::milliseconds>(pause, answer.retry_after), kLongestPause);
}

// Handles that are free, each with its living connections.
class HttpClient::Connections {
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

HttpClient::HttpClient() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(initialised);
  connections_ = std::make_unique<Connections>();
}

HttpClient::~HttpClient() = default;

HttpAnswer HttpClient::get(const std::string& url, uint64_t first_byte, const Receiver& receive) {
  HttpAnswer answer;
  EasyHandle owner = connections_->take();
  CURL* const handle = owner.get();
  if (handle == nullptr) {
    answer.detail = "libcurl did not start";
    return answer;
  }
  Transfer transfer{handle, receive};
  char message[CURL_ERROR_SIZE] = "";
  const std::string range = std::to_string(first_byte) + "-";
  curl_easy_reset(handle);
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "sightline");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, message);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, hand_over);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
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
  if (first_byte > 0) curl_easy_setopt(handle, CURLOPT_RANGE, range.c_str());
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, kConnectTimeoutS);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, kStallBytesPerS);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, kStallTimeoutS);

  const CURLcode code = curl_easy_perform(handle);
  answer.outcome = outcome_of(code, transfer.stopped);
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.status);
  curl_off_t retry_after_s = 0;
  curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after_s);
  answer.retry_after = std::chrono::seconds(retry_after_s);
  answer.transient = is_transient(code, answer.status);
  answer.detail = message[0] != '\0' ? message : curl_easy_strerror(code);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, nullptr);
  connections_->give_back(std::move(owner));
  return answer;
}

std::string curl_version_text() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  const std::string tls = info->ssl_version != nullptr ? info->ssl_version : "no TLS";
  return std::string(info->version) + " (" + tls + ")";
}

}  // namespace sightline
