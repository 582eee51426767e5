#include "indexer/net/static_server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include <httplib.h>

#include "indexer/net/hostile_host.h"
#include "indexer/net/static_files.h"

namespace sightline {
namespace {

constexpr size_t kThreads = 64;  // an idle keep-alive connection holds one
constexpr size_t kPieceBytes = 64 << 10;
constexpr auto kSlowStep = std::chrono::milliseconds(50);
constexpr int kMaxDescriptors = 4096;

// A second server on a taken port must fail, so without httplib's SO_REUSEPORT.
void set_socket_options(socket_t socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

int port_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return -1;
}

// httplib does not show a handler its socket: it is the one that has this peer.
void hang_up(int own_port, int peer_port) {
  for (int descriptor = 3; descriptor < kMaxDescriptors; ++descriptor) {
    sockaddr_storage own = {};
    sockaddr_storage peer = {};
    socklen_t own_size = sizeof own;
    socklen_t peer_size = sizeof peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0 &&
        port_of(peer) == peer_port &&
        ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &own_size) == 0 &&
        port_of(own) == own_port) {
      ::shutdown(descriptor, SHUT_RDWR);
    }
  }
}

// Keeps a single range that lies within the body, cut to its end, in the form httplib answers.
// False where the body has none of it; several ranges are answered with the whole body.
bool settle_ranges(httplib::Ranges& ranges, uint64_t body_bytes) {
  if (ranges.size() != 1) {
    ranges.clear();
    return true;
  }
  const auto size = static_cast<ssize_t>(body_bytes);
  auto& [first, last] = ranges.front();
  if (first < 0) {
    first = std::max<ssize_t>(0, size - last);
    last = size - 1;
  }
  if (last < 0 || last >= size) last = size - 1;
  return first <= last;
}

#ifdef CPPHTTPLIB_ZLIB_SUPPORT
constexpr bool kHasGzip = true;

std::string gzipped(const std::string& text) {
  std::string compressed;
  httplib::detail::gzip_compressor compressor;
  compressor.compress(text.data(), text.size(), true, [&](const char* data, size_t size) {
    compressed.append(data, size);
    return true;
  });
  return compressed;
}
#else
constexpr bool kHasGzip = false;

std::string gzipped(const std::string& text) { return text; }
#endif

}  // namespace

struct StaticServer::State {
  State(StaticFiles served, StaticServerOptions with_options)
      : files(std::move(served)), options(std::move(with_options)) {}

  void answer(const httplib::Request& request, httplib::Response& response);
  void send(const httplib::Request& request, httplib::Response& response, Reply reply);

  StaticFiles files;
  StaticServerOptions options;
  std::unique_ptr<HostileHost> hostile;
  int port = 0;
  httplib::Server server;
  std::atomic<bool> stopping = false;
  std::atomic<bool> finished = false;
};

void StaticServer::State::answer(const httplib::Request& request, httplib::Response& response) {
  Reply reply;
  if (request.method == "GET" || request.method == "HEAD") {
    reply = files.get(request.path, request.get_header_value("If-None-Match"));
  } else if (request.method == "OPTIONS") {
    reply.status = 204;
    reply.set_header("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
    reply.set_header("Access-Control-Allow-Headers", "Range, If-None-Match");
  } else {
    reply.set_text(405, "text/plain; charset=utf-8", "405: only GET and HEAD are answered here\n");
    reply.set_header("Allow", "GET, HEAD, OPTIONS");
    reply.set_header("Connection", "close");
  }
  for (auto& [name, value] : security_headers()) reply.set_header(name, std::move(value));
  reply.set_header("Access-Control-Allow-Origin", "*");
  reply.set_header("Access-Control-Expose-Headers", "Content-Length, Content-Range, ETag");
  if (hostile) hostile->spoil(request.target, reply);
  send(request, response, std::move(reply));
}

void StaticServer::State::send(const httplib::Request& request, httplib::Response& response,
                               Reply reply) {
  if (reply.drop_connection) {
    hang_up(port, request.remote_port);
    return;
  }
  if (reply.gzip) {
    reply.set_text(reply.status, reply.content_type, gzipped(reply.text));
    reply.set_header("Content-Encoding", "gzip");
  }
  auto file = std::make_shared<std::ifstream>();
  if (!reply.file_path.empty()) {
    file->open(reply.file_path, std::ios::binary);
    if (!*file) reply.set_text(403, "text/plain; charset=utf-8", "403: the file cannot be read\n");
  }
  // httplib hands its own request over as const, and answers its ranges unchecked.
  auto& ranges = const_cast<httplib::Request&>(request).ranges;
  if (reply.status != 200) ranges.clear();
  if (!settle_ranges(ranges, reply.body_bytes)) {
    ranges.clear();
    reply.set_header("Content-Range", "bytes */" + std::to_string(reply.body_bytes));
    reply.set_text(416, "text/plain; charset=utf-8", "416: the file has no such bytes\n");
  }
  response.status = ranges.empty() ? reply.status : 206;
  for (const auto& [name, value] : reply.headers) response.set_header(name, value);
  if (reply.body_bytes == 0) {
    if (!reply.content_type.empty()) response.set_header("Content-Type", reply.content_type);
    return;
  }
  response.set_header("Accept-Ranges", "bytes");
  const size_t body_bytes = reply.body_bytes;
  const std::string content_type = reply.content_type;
  response.set_content_provider(
      body_bytes, content_type,
      [this, file, reply = std::move(reply)](size_t offset, size_t length,
                                             httplib::DataSink& sink) {
        const size_t end = reply.cut_after_bytes.value_or(reply.body_bytes);
        if (stopping || offset >= end) return false;
        size_t count = std::min({length, end - offset, kPieceBytes});
        if (reply.bytes_per_s) {
          std::this_thread::sleep_for(kSlowStep);
          count = std::min<size_t>(count, *reply.bytes_per_s * kSlowStep.count() / 1000);
        }
        if (reply.file_path.empty()) return sink.write(reply.text.data() + offset, count);
        std::string piece(count, '\0');
        file->seekg(static_cast<std::streamoff>(offset));
        file->read(piece.data(), static_cast<std::streamsize>(count));
        return file->gcount() == static_cast<std::streamsize>(count) &&
               sink.write(piece.data(), count);
      });
}

Result<std::unique_ptr<StaticServer>> StaticServer::open(const StaticServerOptions& options) {
  if (options.port < 0 || options.port > 65535) {
    return invalid_argument("port " + std::to_string(options.port) + " is not between 0 and 65535");
  }
  ASSIGN_OR_RETURN(StaticFiles files, StaticFiles::open(options.folder, options.base_path));
  auto state = std::make_unique<State>(std::move(files), options);
  if (!options.hostile.empty()) {
    ASSIGN_OR_RETURN(state->hostile, HostileHost::open(options.hostile, state->files.folder()));
    if (options.hostile == "gzip" && !kHasGzip) {
      return unsupported(
          "hostile kind gzip needs an HTTP library built with zlib; install libcpp-httplib-dev");
    }
  }

  httplib::Server& server = state->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(10'000);
  server.set_write_timeout(60);
  server.set_socket_options(set_socket_options);
  server.set_pre_routing_handler(
      [state = state.get()](const httplib::Request& request, httplib::Response& response) {
        state->answer(request, response);
        return httplib::Server::HandlerResponse::Handled;
      });

  if (options.port == 0) {
    state->port = server.bind_to_any_port(options.host);
  } else {
    state->port = server.bind_to_port(options.host, options.port) ? options.port : -1;
  }
  if (state->port <= 0) {
    return io_error("cannot listen on " + options.host + " port " + std::to_string(options.port) +
                    ": it is in use or not allowed; choose another with --port (0 takes any free "
                    "one) or --host");
  }
  return std::unique_ptr<StaticServer>(new StaticServer(std::move(state)));
}

StaticServer::StaticServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
StaticServer::~StaticServer() = default;

std::string StaticServer::address() const {
  const std::string& host = state_->options.host;
  const bool any = host == "0.0.0.0" || host == "::";
  const std::string shown = any                           ? "localhost"
                            : host.find(':') != host.npos ? "[" + host + "]"
                                                          : host;
  return "http://" + shown + ":" + std::to_string(state_->port) + state_->files.base_path();
}

Result<void> StaticServer::run() {
  const bool served = state_->stopping || state_->server.listen_after_bind();
  const bool stopped = state_->stopping;
  state_->finished = true;
  if (!served && !stopped) return io_error("the server on " + address() + " stopped by itself");
  return {};
}

void StaticServer::stop() {
  state_->stopping = true;
  // Before it runs, httplib's own stop() does nothing.
  while (!state_->finished && !state_->server.is_running()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (!state_->finished) state_->server.stop();
}

}  // namespace sightline
