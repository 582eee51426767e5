#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace sightline {

// What became of one request, redirects followed.
struct HttpAnswer {
  enum class Outcome : uint8_t {
    kAnswered,    // a whole answer, whatever its status
    kStopped,     // the receiver wanted no more
    kBadAddress,  // not an address that can be asked
    kBroken,      // no such host, nobody there, or a connection that failed
  };

  Outcome outcome = Outcome::kBroken;
  long status = 0;         // 0 where nothing was answered
  std::string detail;      // why the transfer failed, in the words of the HTTP library
  bool transient = false;  // asking again may help: 408, 429, 5xx and broken connections
  std::chrono::seconds retry_after{0};
};

// Times a request is sent where nothing new arrives, and the pause after the n-th of them (from 1):
// a growing one, or the host's Retry-After, up to 5 s.
inline constexpr int kHttpAttempts = 3;
std::chrono::milliseconds pause_after_attempt(int attempt, const HttpAnswer& answer);

// Sends GET requests over http and https. Safe to use from several threads; connections are kept.
//
// At most 5 redirects, only to http and https. Proxies come from the environment (http_proxy,
// https_proxy, all_proxy, no_proxy). A transfer that stands still for 30 s is given up.
class HttpClient {
 public:
  // Takes the status and the next piece of the last answer's body; false stops the transfer.
  using Receiver = std::function<bool(long status, std::span<const uint8_t> piece)>;

  HttpClient();
  ~HttpClient();

  // One request, never repeated here. Above 0, first_byte asks for the rest of the body from that
  // offset on: status 206 where the host can do that, 200 and the whole body where it cannot.
  HttpAnswer get(const std::string& url, uint64_t first_byte, const Receiver& receive);

 private:
  class Connections;

  std::unique_ptr<Connections> connections_;
};

// The version line of the HTTP library in use, such as "7.88.1 (OpenSSL/3.0.19)".
std::string curl_version_text();

}  // namespace sightline
