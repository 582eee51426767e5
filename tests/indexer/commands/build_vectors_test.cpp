#include "indexer/commands/build_vectors.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <map>

#include <catch2/catch.hpp>

#include "indexer/base/file_io.h"
#include "indexer/commands/build.h"
#include "native/base/byte_writer.h"
#include "tests/indexer/temporary_folder.h"
#include "tests/native/vectors/clustered_vectors.h"

namespace sightline {
namespace {

namespace fs = std::filesystem;

void write_npy(const std::string& path, std::span<const float> values, uint32_t rows,
               uint32_t dim) {
  std::array<char, 119> header;
  std::snprintf(header.data(), header.size(), "%-117s\n",
                ("{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) +
                 ", " + std::to_string(dim) + "), }")
                    .c_str());
  ByteWriter writer;
  writer.write_bytes(as_bytes("\x93NUMPY\x01"));
  writer.write(uint8_t{0});
  writer.write_string(header.data());
  writer.write_array(values);
  REQUIRE(write_file_atomic(path, writer.bytes()));
}

// The digests of all files below a folder, by their names.
std::map<std::string, Sha256Digest> files_below(const std::string& folder) {
  std::map<std::string, Sha256Digest> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[fs::relative(entry.path(), folder).string()] = *sha256_file(entry.path().string());
  }
  return files;
}

// A file of vectors, and builds of it that keep every step.
struct Source {
  static constexpr uint32_t kRows = 600;
  static constexpr uint32_t kDim = 16;

  TemporaryFolder folder;
  BuildOptions options;

  Source() {
    const auto vectors = testing::make_clustered_vectors(8, kRows, 0, kDim, 6);
    write_npy(folder / "base.npy", vectors.images, kRows, kDim);
    options.sources = {folder / "base.npy"};
    options.bundle_only = true;
    options.paged.fitting.row_bytes = 12;
    options.paged.fitting.first_bytes = 4;
    options.least_kept_s = 0;
    options.progress = ProgressStyle::kQuiet;
  }
  Result<int> build(const std::string& name) {
    options.out = folder / name;
    return build_vectors(options);
  }
  // Fails where cells are written: files are in the way of objects.
  void stop(const std::string& name) {
    std::vector<std::string> in_the_way;
    for (const auto& [path, digest] : files_below(folder / "whole")) {
      if (path.find(".piece") == path.npos) continue;
      in_the_way.push_back(folder / name + "/" + path);
      fs::create_directories(in_the_way.back() + "/x");
    }
    REQUIRE(!build(name));
    for (const auto& path : in_the_way) fs::remove_all(path);
  }
};

TEST_CASE("a build of vectors that failed late is resumed and makes the same bundle") {
  Source source;
  REQUIRE(source.build("whole"));
  CHECK(source.folder.entry_count() == 2);
  const auto whole = files_below(source.folder / "whole");

  source.stop("resumed");
  const auto unfinished = source.folder / "resumed.unfinished";
  CHECK(files_below(unfinished).size() == 3);
  REQUIRE(source.build("resumed"));
  CHECK(files_below(source.folder / "resumed") == whole);
  CHECK(!fs::exists(unfinished));
  CHECK(source.folder.entry_count() == 3);
}

TEST_CASE("what was kept for other options is made anew") {
  Source source;
  REQUIRE(source.build("whole"));
  source.stop("other");
  source.options.graph.m = 8;
  source.options.paged.cells_per_root = 1;
  REQUIRE(source.build("other"));
  REQUIRE(source.build("other-whole"));
  const auto resumed = files_below(source.folder / "other");
  // Objects of the first build may be left beside them.
  for (const auto& [path, digest] : files_below(source.folder / "other-whole")) {
    const auto found = resumed.find(path);
    REQUIRE((found != resumed.end() && found->second == digest));
  }
  CHECK(!fs::exists(source.folder / "other.unfinished"));
}

}  // namespace
}  // namespace sightline
