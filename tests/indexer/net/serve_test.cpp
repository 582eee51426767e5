#include "indexer/commands/serve.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <iostream>
#include <thread>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "indexer/bundle/http_source.h"
#include "indexer/bundle/object_source.h"
#include "indexer/net/hostile_host.h"
#include "tests/indexer/net/served_site.h"

namespace sightline {
namespace {

constexpr size_t kMaxBytes = 1 << 20;

Result<std::string> fetch(const RunningServer& server, const std::string& name) {
  HttpSource source(server.address() + "bundle/");
  ASSIGN_OR_RETURN(const auto bytes, source.get(name, kMaxBytes));
  return std::string(bytes.begin(), bytes.end());
}

// The whole answer to one request on a connection of its own, byte for byte.
std::string answer_to(const RunningServer& server, const std::string& request_lines) {
  const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(server.port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const std::string request = request_lines + "\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  REQUIRE(::send(connection, request.data(), request.size(), 0) ==
          static_cast<ssize_t>(request.size()));
  std::string answer;
  char piece[4096];
  for (ssize_t count; (count = ::recv(connection, piece, sizeof piece, 0)) > 0;)
    answer.append(piece, static_cast<size_t>(count));
  ::close(connection);
  return answer;
}

}  // namespace

TEST_CASE("a base path is part of the address") {
  const Site site;
  const RunningServer server(site, "", "/docs/demo/");
  CHECK_THAT(server.address(), Catch::EndsWith("/docs/demo/"));
  CHECK(fetch(server, "manifest.json").value() == site.manifest());
}

TEST_CASE("every answer carries the security headers, and files their caching") {
  const Site site;
  const RunningServer server(site);
  const std::string page = answer_to(server, "GET / HTTP/1.1");
  CHECK_THAT(page, Catch::StartsWith("HTTP/1.1 200") && Catch::EndsWith("<!doctype html>"));
  CHECK_THAT(page, Catch::Contains("Content-Type: text/html") &&
                       Catch::Contains("Cache-Control: no-cache"));
  CHECK_THAT(page, Catch::Contains("script-src 'self' 'wasm-unsafe-eval';"));
  CHECK_THAT(page, Catch::Contains("X-Content-Type-Options: nosniff"));
  CHECK_THAT(page, Catch::Contains("Access-Control-Allow-Origin: *"));
  const std::string object =
      answer_to(server, "GET /bundle/" + object_of(site.contents()[0]) + " HTTP/1.1");
  CHECK_THAT(object, Catch::Contains("immutable") &&
                         Catch::Contains("Content-Type: application/octet-stream"));
  CHECK_THAT(answer_to(server, "GET /missing HTTP/1.1"),
             Catch::StartsWith("HTTP/1.1 404") && Catch::Contains("nosniff"));

  const RunningServer without_cors(site, "no-cors");
  CHECK_THAT(answer_to(without_cors, "GET / HTTP/1.1"), !Catch::Contains("Access-Control"));
}

TEST_CASE("HEAD answers the headers of GET without the body") {
  const Site site;
  const RunningServer server(site);
  const std::string head = answer_to(server, "HEAD / HTTP/1.1");
  CHECK_THAT(head, Catch::StartsWith("HTTP/1.1 200") && Catch::Contains("Content-Length: 15"));
  CHECK_THAT(head, Catch::EndsWith("\r\n\r\n"));
}

TEST_CASE("byte ranges are answered, cut to the file's end or refused") {
  Site site;
  site.write("digits.txt", "0123456789");
  const RunningServer server(site);
  const auto ranged = [&](const std::string& range) {
    return answer_to(server, "GET /digits.txt HTTP/1.1\r\nRange: bytes=" + range);
  };
  CHECK_THAT(ranged("2-4"), Catch::StartsWith("HTTP/1.1 206") && Catch::EndsWith("\r\n\r\n234"));
  CHECK_THAT(ranged("2-4"), Catch::Contains("Content-Range: bytes 2-4/10"));
  CHECK_THAT(ranged("8-65535"),
             Catch::Contains("Content-Range: bytes 8-9/10") && Catch::EndsWith("\r\n\r\n89"));
  CHECK_THAT(ranged("7-"), Catch::StartsWith("HTTP/1.1 206") && Catch::EndsWith("\r\n\r\n789"));
  CHECK_THAT(ranged("-3"), Catch::StartsWith("HTTP/1.1 206") && Catch::EndsWith("\r\n\r\n789"));
  CHECK_THAT(ranged("-30"), Catch::Contains("Content-Range: bytes 0-9/10"));
  CHECK_THAT(ranged("0-1,4-5"),
             Catch::StartsWith("HTTP/1.1 200") && Catch::EndsWith("\r\n\r\n0123456789"));
  CHECK_THAT(ranged("10-"),
             Catch::StartsWith("HTTP/1.1 416") && Catch::Contains("Content-Range: bytes */10"));
}

TEST_CASE("an ETag is answered with 304 and other methods are refused") {
  const Site site;
  const RunningServer server(site);
  const std::string page = answer_to(server, "GET / HTTP/1.1");
  const size_t start = page.find("ETag: ") + 6;
  const std::string etag = page.substr(start, page.find("\r\n", start) - start);
  CHECK_THAT(answer_to(server, "GET / HTTP/1.1\r\nIf-None-Match: " + etag),
             Catch::StartsWith("HTTP/1.1 304"));
  CHECK_THAT(answer_to(server, "GET / HTTP/1.1\r\nIf-None-Match: \"1-2.3\""),
             Catch::StartsWith("HTTP/1.1 200"));
  CHECK_THAT(answer_to(server, "DELETE / HTTP/1.1"), Catch::StartsWith("HTTP/1.1 405"));
  CHECK_THAT(answer_to(server, "OPTIONS / HTTP/1.1"), Catch::StartsWith("HTTP/1.1 204"));
}

TEST_CASE("no spelling of a path leaves the served folder") {
  Site site;
  site.write("a/b.txt", "inside");
  const RunningServer server(site);
  for (const char* path :
       {"/../../../../etc/passwd", "/a/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd", "//etc/passwd", "/%2fetc/passwd", "/a/..%5c..%5cetc",
        "/a/b.txt%00.jpg", "/%u002e%u002e/etc", "/.%2e/x"}) {
    INFO(path);
    CHECK_THAT(answer_to(server, std::string("GET ") + path + " HTTP/1.1"),
               Catch::StartsWith("HTTP/1.1 404"));
  }
  CHECK_THAT(answer_to(server, "GET /%61/b%2Etxt HTTP/1.1"), Catch::EndsWith("inside"));
}

TEST_CASE("serve prints its address and a signal ends it with exit code 0") {
  const Site site;
  for (const int signal : {SIGINT, SIGTERM}) {
    int out[2];
    REQUIRE(::pipe(out) == 0);
    // What other tests left in the buffers would be printed by the child too.
    std::fflush(nullptr);
    std::cout.flush();
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(out[1], STDOUT_FILENO);
      ::close(STDERR_FILENO);
      const auto code = run_serve({site.folder().path(), "127.0.0.1", 0, "/", ""});
      ::_exit(code ? *code : 99);
    }
    ::close(out[1]);
    std::string printed(100, '\0');
    printed.resize(
        static_cast<size_t>(std::max<ssize_t>(0, ::read(out[0], printed.data(), printed.size()))));
    ::close(out[0]);
    CHECK_THAT(printed, Catch::StartsWith("http://127.0.0.1:") && Catch::EndsWith("/\n"));
    REQUIRE(::kill(child, signal) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
}

TEST_CASE("a served site and a served bundle open by address, however it ends") {
  const Site site;
  const RunningServer server(site);
  for (const char* end :
       {"", "index.html", "bundle", "bundle/", "bundle/manifest.json", "?k=3#q=bus"}) {
    INFO(end);
    const auto source = open_object_source(server.address() + end);
    REQUIRE(source);
    CHECK((*source)->location() == server.address() + "bundle/");
    CHECK((*source)->get(object_of(site.contents()[0]), kMaxBytes).value().size() == 3000);
  }
}

TEST_CASE("an HTTP source refuses bad names, missing files and answers beyond the limit") {
  const Site site;
  const RunningServer server(site);
  HttpSource source(server.address() + "bundle/");
  const std::string object = object_of(site.contents()[0]);
  CHECK(source.get(object, 3000));
  CHECK(source.get(object, 2999).error().code == ErrorCode::kTooLarge);
  CHECK(source.get("missing", kMaxBytes).error().code == ErrorCode::kNotFound);
  CHECK(source.get("../index.html", kMaxBytes).error().code == ErrorCode::kInvalidArgument);
  const auto nothing_there = open_object_source(server.address() + "nothing/");
  REQUIRE_FALSE(nothing_there);
  CHECK(nothing_there.error().code == ErrorCode::kNotFound);
  const auto nobody_there = open_object_source("http://127.0.0.1:1/");
  REQUIRE_FALSE(nobody_there);
  CHECK(nobody_there.error().code == ErrorCode::kIo);
  CHECK_THAT(nobody_there.error().message, Catch::Contains("3 attempts"));
}

TEST_CASE("many threads fetch through one HTTP source") {
  const Site site;
  const RunningServer server(site);
  HttpSource source(server.address() + "bundle/");
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&] {
      for (const auto& content : site.contents()) {
        const auto bytes = source.get(object_of(content), kMaxBytes);
        if (bytes && std::string(bytes->begin(), bytes->end()) == content) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(right == 80);
}

TEST_CASE("hosts that are only odd still give the right bytes") {
  const Site site;
  for (const char* kind : {"", "gzip", "mime", "flaky-503", "redirect", "no-cors", "slow"}) {
    INFO("hostile kind " << kind);
    const RunningServer server(site, kind);
    CHECK(open_object_source(server.address()));
    for (size_t i = 0; i < 2; ++i) {
      const auto text = fetch(server, object_of(site.contents()[i]));
      REQUIRE(text);
      CHECK(*text == site.contents()[i]);
    }
  }
}

TEST_CASE("hosts that lose or refuse objects give an error with the right code") {
  const Site site;
  const std::vector<std::pair<const char*, ErrorCode>> kinds = {{"404-body", ErrorCode::kNotFound},
                                                                {"truncate", ErrorCode::kIo},
                                                                {"offline", ErrorCode::kIo}};
  for (const auto& [kind, code] : kinds) {
    INFO("hostile kind " << kind);
    const RunningServer server(site, kind);
    CHECK(open_object_source(server.address()));
    const auto text = fetch(server, object_of(site.contents()[0]));
    REQUIRE_FALSE(text);
    CHECK(text.error().code == code);
  }
}

TEST_CASE("hosts that lie about objects are found out by size or hash") {
  const Site site;
  for (const char* kind : {"short", "html-200", "bitflip", "stale"}) {
    INFO("hostile kind " << kind);
    const RunningServer server(site, kind);
    size_t wrong = 0;
    for (const auto& content : site.contents()) {
      const auto text = fetch(server, object_of(content));
      REQUIRE(text);
      if (*text != content) ++wrong;
    }
    CHECK(wrong == (std::string(kind) == "stale" ? 2 : site.contents().size()));
  }
}

TEST_CASE("an unknown hostile kind names the known ones and is a usage error") {
  const Site site;
  const auto server = StaticServer::open({site.folder().path(), "127.0.0.1", 0, "/", "evil"});
  REQUIRE_FALSE(server);
  CHECK(server.error().code == ErrorCode::kInvalidArgument);
  for (const auto& kind : hostile_kinds())
    CHECK_THAT(server.error().message, Catch::Contains(kind.name));
  CHECK(run_serve({site.folder().path(), "127.0.0.1", 0, "/", "evil"}).value() == 2);
}

TEST_CASE("a taken port and a missing folder are refused with a remedy") {
  const Site site;
  const RunningServer server(site);
  const auto second =
      StaticServer::open({site.folder().path(), "127.0.0.1", server.port(), "/", ""});
  REQUIRE_FALSE(second);
  CHECK_THAT(second.error().message, Catch::Contains("--port"));
  CHECK(StaticServer::open({site.folder() / "nowhere", "127.0.0.1", 0, "/", ""}).error().code ==
        ErrorCode::kNotFound);
  CHECK_FALSE(StaticServer::open({site.folder() / "index.html", "127.0.0.1", 0, "/", ""}));
  CHECK_FALSE(StaticServer::open({site.folder().path(), "127.0.0.1", 70000, "/", ""}));
}

}  // namespace sightline
