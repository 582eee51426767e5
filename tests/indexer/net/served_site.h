#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "indexer/base/file_io.h"
#include "indexer/net/static_server.h"
#include "native/base/sha256.h"
#include "tests/indexer/temporary_folder.h"

namespace sightline {

inline std::string object_of(const std::string& content) {
  const std::string hex = to_hex(sha256(as_bytes(content)));
  return "objects/" + hex.substr(0, 2) + "/" + hex + ".codes";
}

// A site of a page and a bundle with ten objects of 3,000 bytes.
class Site {
 public:
  Site() {
    write("index.html", "<!doctype html>");
    write("bundle/manifest.json", manifest_);
    for (char c = 'a'; c < 'k'; ++c) {
      contents_.push_back(std::string(3000, c));
      write("bundle/" + object_of(contents_.back()), contents_.back());
    }
  }

  void write(const std::string& name, const std::string& content) {
    const std::string path = folder_ / name;
    REQUIRE(make_directories(std::filesystem::path(path).parent_path().string()));
    REQUIRE(write_file_atomic(path, std::string_view(content)));
  }
  const TemporaryFolder& folder() const { return folder_; }
  const std::string& manifest() const { return manifest_; }
  const std::vector<std::string>& contents() const { return contents_; }

 private:
  TemporaryFolder folder_;
  std::string manifest_ = R"({"format":"sightline"})";
  std::vector<std::string> contents_;
};

// Serves the site on a free port while it lives.
class RunningServer {
 public:
  explicit RunningServer(const Site& site, const std::string& hostile = "",
                         const std::string& base_path = "/") {
    ::setenv("no_proxy", "127.0.0.1", 1);
    auto opened = StaticServer::open({site.folder().path(), "127.0.0.1", 0, base_path, hostile});
    REQUIRE(opened);
    server_ = std::move(*opened);
    thread_ = std::thread([this] { static_cast<void>(server_->run()); });
  }
  ~RunningServer() {
    server_->stop();
    thread_.join();
  }
  std::string address() const { return server_->address(); }
  int port() const { return std::stoi(address().substr(address().rfind(':') + 1)); }

 private:
  std::unique_ptr<StaticServer> server_;
  std::thread thread_;
};

}  // namespace sightline
