#pragma once

#include <memory>
#include <string>

#include "native/base/result.h"

namespace sightline {

struct StaticServerOptions {
  std::string folder;
  std::string host = "127.0.0.1";
  int port = 8080;  // 0: any free one
  std::string base_path = "/";
  std::string hostile;  // a kind of hostile_host.h, or empty for a good host
};

// A static host for looking at a site and for tests: GET, HEAD, single byte ranges, ETags, caching
// and security headers, and by default Access-Control-Allow-Origin: *.
class StaticServer {
 public:
  // Binds the port, so that address() is known; run() answers. Errors: kNotFound, kInvalidArgument
  // (folder, port, base path, hostile kind), kIo where the port cannot be had.
  static Result<std::unique_ptr<StaticServer>> open(const StaticServerOptions& options);
  ~StaticServer();

  // "http://127.0.0.1:8080/docs/demo/"
  std::string address() const;

  // Serves until stop(). To be called once.
  Result<void> run();
  // Ends run(), also one that is about to begin, and the replies under way. From any thread.
  void stop();

 private:
  struct State;
  explicit StaticServer(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace sightline
