#include "indexer/base/file_io.h"

#include <cerrno>

#include <catch2/catch.hpp>

#include "tests/indexer/temporary_folder.h"

using namespace sightline;

TEST_CASE("a file written atomically reads back, and nothing else is left in the folder") {
  const TemporaryFolder folder;
  const std::string path = folder / "bytes.bin";
  std::vector<uint8_t> bytes(100'000);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 7);
  REQUIRE(write_file_atomic(path, "old"));
  REQUIRE(write_file_atomic(path, bytes));
  const auto read = read_file(path, bytes.size());
  REQUIRE(read);
  CHECK(*read == bytes);
  const auto digest = sha256_file(path);
  REQUIRE(digest);
  CHECK(*digest == sha256(bytes));
  CHECK(folder.entry_count() == 1);
}

TEST_CASE("a failed write keeps the old file and leaves no temporary one") {
  const TemporaryFolder folder;
  const std::string path = folder / "taken";
  REQUIRE(make_directories(path + "/inside"));
  const auto written = write_file_atomic(path, "text");
  REQUIRE_FALSE(written);
  CHECK(written.error().code == ErrorCode::kIo);
  CHECK(written.error().message.find(path) != std::string::npos);
  CHECK(folder.entry_count() == 1);
  CHECK(write_file_atomic(folder / "absent/file", "text").error().code == ErrorCode::kNotFound);
}

TEST_CASE("a full disk is named with its remedy") {
  const Error error = system_error("cannot write out/a", ENOSPC);
  CHECK(error.message ==
        "cannot write out/a: No space left on device; free some space or write to another disk");
}

TEST_CASE("reading says what is wrong") {
  const TemporaryFolder folder;
  CHECK(read_file(folder / "absent", 10).error().code == ErrorCode::kNotFound);
  CHECK(read_file(folder.path(), 1 << 20).error().code == ErrorCode::kIo);
  CHECK(sha256_file(folder / "absent").error().code == ErrorCode::kNotFound);
  const std::string path = folder / "five";
  REQUIRE(write_file_atomic(path, "12345"));
  CHECK(read_text_file(path, 5).value() == "12345");
  const auto larger = read_text_file(path, 4);
  REQUIRE_FALSE(larger);
  CHECK(larger.error().code == ErrorCode::kTooLarge);
  CHECK(larger.error().message.find("4 bytes") != std::string::npos);
}

TEST_CASE("files that state no size are read whole and still bounded") {
  const auto status = read_text_file("/proc/self/status", 1 << 20);
  REQUIRE(status);
  CHECK(status->find("Pid:") != std::string::npos);
  CHECK(read_file("/dev/zero", 100'000).error().code == ErrorCode::kTooLarge);
}

TEST_CASE("folders are made with the ones above them") {
  const TemporaryFolder folder;
  REQUIRE(make_directories(folder / "a/b/c"));
  REQUIRE(make_directories(folder / "a/b/c"));
  REQUIRE(write_file_atomic(folder / "a/file", ""));
  CHECK(read_file(folder / "a/file", 0).value().empty());
  CHECK(make_directories(folder / "a/file/d").error().message.find("a/file/d") !=
        std::string::npos);
}
