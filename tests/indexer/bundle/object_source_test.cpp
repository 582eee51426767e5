#include "indexer/bundle/object_source.h"

#include <filesystem>

#include <catch2/catch.hpp>

#include "indexer/base/file_io.h"
#include "indexer/base/file_names.h"
#include "indexer/bundle/directory_source.h"
#include "tests/indexer/temporary_folder.h"

namespace sightline {
namespace {

void write_manifest(const std::string& folder) {
  REQUIRE(make_directories(folder + "/objects/ab"));
  REQUIRE(write_file_atomic(folder + "/manifest.json", std::string_view("{}")));
  REQUIRE(write_file_atomic(folder + "/objects/ab/abc.codes", std::string_view("0123456789")));
}

}  // namespace

TEST_CASE("object names are plain parts between single slashes") {
  CHECK(is_object_name("manifest.json"));
  CHECK(is_object_name("objects/ab/ab12_c-d.codes"));
  for (const char* name :
       {"", "/", "/manifest.json", "objects/", "objects//ab", "..", "../manifest.json",
        "objects/../../etc", "objects/.hidden", "./manifest.json", "Objects/ab", "a b", "a\\b",
        "a%2e", "a?b", "a:b", "a\nb"}) {
    INFO("name '" << name << "'");
    CHECK_FALSE(is_object_name(name));
  }
  CHECK_FALSE(is_object_name(std::string_view("a\0b", 3)));
}

TEST_CASE("a bundle opens as a site, as itself and by the name of its manifest") {
  const TemporaryFolder folder;
  const std::string site = folder / "site";
  write_manifest(site + "/bundle");
  REQUIRE(write_file_atomic(site + "/index.html", std::string_view("<html>")));

  for (const std::string& path : {site, site + "/", site + "/index.html", site + "/bundle",
                                  site + "/bundle/", site + "/bundle/manifest.json"}) {
    INFO(path);
    const auto source = open_object_source(path);
    REQUIRE(source);
    const auto bytes = (*source)->get("objects/ab/abc.codes", 100);
    REQUIRE(bytes);
    CHECK(std::string(bytes->begin(), bytes->end()) == "0123456789");
  }
}

TEST_CASE("a directory source refuses bad names, missing files and files beyond the limit") {
  const TemporaryFolder folder;
  write_manifest(folder.path());
  REQUIRE(write_file_atomic(folder / "secret", std::string_view("x")));
  DirectorySource source(folder / "objects");

  CHECK(source.get("ab/abc.codes", 10));
  CHECK(source.get("ab/abc.codes", 9).error().code == ErrorCode::kTooLarge);
  CHECK(source.get("ab/missing.codes", 9).error().code == ErrorCode::kNotFound);
  CHECK(source.get("../secret", 9).error().code == ErrorCode::kInvalidArgument);
  CHECK(source.get(folder / "secret", 9).error().code == ErrorCode::kInvalidArgument);
  CHECK(source.get("ab", 1 << 20).error().code == ErrorCode::kIo);
}

TEST_CASE("what is no bundle is refused with the reason and the remedy") {
  const TemporaryFolder folder;
  REQUIRE(write_file_atomic(folder / "photo.jpg", std::string_view("x")));

  const auto missing = open_object_source(folder / "nowhere");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::kNotFound);
  const auto empty = open_object_source(folder.path());
  REQUIRE_FALSE(empty);
  CHECK(empty.error().code == ErrorCode::kNotFound);
  CHECK_THAT(empty.error().message,
             Catch::Contains("bundle/manifest.json") && Catch::Contains("build --out"));
  const auto file = open_object_source(folder / "photo.jpg");
  REQUIRE_FALSE(file);
  CHECK(file.error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("only http and https addresses are read") {
  for (const char* address :
       {"file:///etc", "FILE:///etc", "ftp://host/site", "s3://bucket/site"}) {
    INFO(address);
    const auto source = open_object_source(address);
    REQUIRE_FALSE(source);
    CHECK(source.error().code == ErrorCode::kInvalidArgument);
    CHECK_THAT(source.error().message, Catch::Contains("only http:// and https://"));
  }
}

}  // namespace sightline
