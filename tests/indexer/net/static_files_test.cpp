#include "indexer/net/static_files.h"

#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/indexer/net/served_site.h"

namespace sightline {
namespace {

StaticFiles files_of(const Site& site, const std::string& base_path = "/") {
  return std::move(*StaticFiles::open(site.folder().path(), base_path));
}

std::string header_of(const Reply& reply, const std::string& name) {
  for (const auto& [found, value] : reply.headers) {
    if (found == name) return value;
  }
  return "";
}

}  // namespace

TEST_CASE("files get the content types browsers insist on") {
  CHECK(content_type_of("assets/core.wasm") == "application/wasm");
  CHECK(content_type_of("assets/app.mjs") == "text/javascript; charset=utf-8");
  CHECK(content_type_of("INDEX.HTML") == "text/html; charset=utf-8");
  CHECK(content_type_of("app.webmanifest") == "application/manifest+json");
  CHECK(content_type_of("objects/ab/cd.codes") == "application/octet-stream");
  CHECK(content_type_of("no_extension") == "application/octet-stream");
}

TEST_CASE("only objects and assets with a hash in their name are cached for ever") {
  const std::string object = object_of("x");
  const std::string immutable = "public, max-age=31536000, immutable";
  CHECK(cache_control_of("bundle/" + object) == immutable);
  CHECK(cache_control_of(object) == immutable);
  CHECK(cache_control_of("site/assets/app-3f2a9c1b.js") == immutable);
  CHECK(cache_control_of("assets/chunk-KXQWERTY.js") == immutable);
  for (const std::string& path :
       {std::string("manifest.json"), std::string("index.html"), std::string("sw.js"),
        std::string("assets/app.js"), std::string("assets/object-detections.js"),
        std::string("media/app-3f2a9c1b.js"), "objects/zz/" + object.substr(11)}) {
    INFO(path);
    CHECK(cache_control_of(path) == "no-cache");
  }
}

TEST_CASE("nothing outside the folder and no dot-file is served, however the path is written") {
  Site site;
  site.write(".env", "secret");
  site.write("a/.git/config", "secret");
  const TemporaryFolder outside;
  REQUIRE(write_file_atomic(outside / "secret.txt", std::string_view("secret")));
  std::filesystem::create_symlink(outside / "secret.txt", site.folder() / "link.txt");
  std::filesystem::create_directory_symlink(outside.path(), site.folder() / "linked");
  const StaticFiles files = files_of(site);

  CHECK(files.get("/", "").status == 200);
  CHECK(files.get("/index.html", "").status == 200);
  for (const std::string& path :
       {std::string("/.env"), std::string("/a/.git/config"), std::string("/.."),
        std::string("/../secret.txt"), std::string("/bundle/../../etc/passwd"),
        std::string("//etc/passwd"), std::string("/./index.html"), std::string("/..\\secret.txt"),
        std::string("/index.html/"), std::string("/index.html\0.jpg", 16),
        std::string("index.html"), outside / "secret.txt"}) {
    INFO(path);
    const Reply reply = files.get(path, "");
    CHECK(reply.status == 404);
    CHECK(reply.file_path.empty());
  }
  CHECK(files.get("/link.txt", "").status == 403);
  CHECK(files.get("/linked/secret.txt", "").status == 403);
}

TEST_CASE("a folder leads to its index page, with a redirect to its slash") {
  Site site;
  site.write("docs/index.html", "<p>");
  const StaticFiles files = files_of(site);
  CHECK(files.get("/docs/", "").content_type == "text/html; charset=utf-8");
  CHECK(files.get("/docs", "").status == 301);
  CHECK(header_of(files.get("/docs", ""), "Location") == "/docs/");
  CHECK(files.get("/bundle/", "").status == 404);
}

TEST_CASE("a base path mounts the site below it and nowhere else") {
  const Site site;
  const StaticFiles files = files_of(site, "docs/demo");
  CHECK(files.base_path() == "/docs/demo/");
  CHECK(files.get("/docs/demo/", "").status == 200);
  CHECK(header_of(files.get("/docs/demo", ""), "Location") == "/docs/demo/");
  CHECK(files.get("/", "").status == 404);
  CHECK(files.get("/index.html", "").status == 404);
  CHECK_FALSE(StaticFiles::open(site.folder().path(), "/docs/../etc/"));
}

TEST_CASE("an unchanged file answers 304, a changed one its new bytes") {
  Site site;
  const StaticFiles files = files_of(site);
  const std::string etag = header_of(files.get("/index.html", ""), "ETag");
  CHECK(files.get("/index.html", etag).status == 304);
  CHECK(files.get("/index.html", "W/\"x\", " + etag).status == 304);
  site.write("index.html", "<!doctype html><p>");
  CHECK(files.get("/index.html", etag).status == 200);
}

}  // namespace sightline
