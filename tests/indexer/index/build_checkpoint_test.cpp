#include "indexer/index/build_checkpoint.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "indexer/base/file_io.h"
#include "tests/indexer/temporary_folder.h"

namespace sightline {
namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<uint8_t>;
using Duration = BuildCheckpoint::Duration;

constexpr Sha256Digest kKey = {1, 2, 3};
const Bytes kPayload = {7, 0, 255, 9};

// A build into OUT of a folder of its own that keeps whatever it is told to.
struct Build {
  TemporaryFolder folder;
  std::string out = folder / "out";
  Progress progress{ProgressStyle::kQuiet};

  BuildCheckpoint checkpoint(const Sha256Digest& key = kKey, Duration least = Duration(0)) {
    return {out, key, progress, least};
  }
  BuildCheckpoint kept() {
    auto made = checkpoint();
    made.keep_whole(BuildStep::kPlan, [] { return kPayload; });
    return made;
  }
  std::string file() { return out + ".unfinished/plan.kept"; }
};

TEST_CASE("what a stopped build has kept of a step is there for the next one") {
  Build build;
  CHECK(!build.checkpoint().load(BuildStep::kPlan));
  build.kept();
  CHECK(build.checkpoint().load(BuildStep::kPlan) == kPayload);
  CHECK(!build.checkpoint().load(BuildStep::kGraph));
  CHECK(!build.checkpoint().load(BuildStep::kCells));

  build.checkpoint().keep_whole(BuildStep::kPlan, [] { return Bytes{}; });
  CHECK(build.checkpoint().load(BuildStep::kPlan) == Bytes{});
}

TEST_CASE("nothing is taken from other input, or from a file that is damaged or cut short") {
  Build build;
  build.kept();
  CHECK(!build.checkpoint({1, 2, 4}).load(BuildStep::kPlan));
  CHECK(build.checkpoint().load(BuildStep::kPlan));

  const Bytes whole = *read_file(build.file(), 1000);
  for (size_t i = 0; i < whole.size(); ++i) {
    Bytes damaged = whole;
    damaged[i] ^= 0x10;
    REQUIRE(write_file_atomic(build.file(), damaged));
    REQUIRE(!build.checkpoint().load(BuildStep::kPlan));
    damaged.resize(i);
    REQUIRE(write_file_atomic(build.file(), damaged));
    REQUIRE(!build.checkpoint().load(BuildStep::kPlan));
  }
  build.kept();
  CHECK(build.checkpoint().load(BuildStep::kPlan) == kPayload);
}

TEST_CASE("a build that has ended well leaves nothing beside what it made") {
  Build build;
  auto checkpoint = build.kept();
  checkpoint.keep_whole(BuildStep::kGraph, [] { return kPayload; });
  // Of a process that was killed while it wrote: none has this number.
  std::ofstream(build.file() + ".tmp-999999999-0") << "half";
  CHECK(build.folder.entry_count() == 1);
  build.checkpoint().discard();
  CHECK(build.folder.entry_count() == 0);
  build.checkpoint().discard();

  build.kept();
  std::ofstream(build.out + ".unfinished/notes.txt") << "not the program's";
  build.checkpoint().discard();
  CHECK(!fs::exists(build.file()));
  CHECK(fs::exists(build.out + ".unfinished/notes.txt"));
}

TEST_CASE("what is there and not the program's is neither read, replaced nor removed") {
  Build build;
  const auto folder = build.out + ".unfinished";
  const auto is_left_alone = [&](const std::string& path) {
    auto checkpoint = build.checkpoint();
    CHECK(!checkpoint.load(BuildStep::kPlan));
    checkpoint.keep_whole(BuildStep::kPlan, [] { return kPayload; });
    CHECK(!build.checkpoint().load(BuildStep::kPlan));
    checkpoint.discard();
    CHECK(fs::exists(fs::symlink_status(path)));
    fs::remove_all(folder);
  };
  std::ofstream(folder) << "a file";
  is_left_alone(folder);
  fs::create_directory(folder);
  std::ofstream(build.file()) << "a plan";
  is_left_alone(build.file());
  fs::create_directories(build.file());
  is_left_alone(build.file());
  fs::create_directory(folder);
  REQUIRE(::mkfifo(build.file().c_str(), 0600) == 0);
  is_left_alone(build.file());
  // Not read into memory either.
  fs::create_directory(folder);
  std::ofstream(build.file()).close();
  fs::resize_file(build.file(), uint64_t{1} << 39);
  is_left_alone(build.file());
  fs::create_directory(build.folder / "elsewhere");
  fs::create_directory_symlink(build.folder / "elsewhere", folder);
  build.checkpoint().discard();
  CHECK(fs::is_symlink(folder));
}

TEST_CASE("nothing is kept where the bundle would have no room beside it") {
  Build build;
  const auto room = fs::space(build.folder.path()).available;
  BuildCheckpoint checkpoint(build.out, kKey, build.progress, Duration(0), 2 * room);
  checkpoint.keep_whole(BuildStep::kPlan, [] { return kPayload; });
  CHECK(!build.checkpoint().load(BuildStep::kPlan));
}

TEST_CASE("the folder lies beside what is made, however that is written") {
  Build build;
  for (const std::string name : {"/out", "/out/", "/x/../out"}) {
    CHECK(BuildCheckpoint(build.folder.path() + name, kKey, build.progress, {}).folder() ==
          build.out + ".unfinished");
  }
}

TEST_CASE("what is made again at once is not kept, and a part only when it has paid") {
  Build build;
  const auto count_kept = [&](Duration least, int calls) {
    auto checkpoint = build.checkpoint(kKey, least);
    checkpoint.load(BuildStep::kGraph);
    int count = 0;
    // So slow that all calls are within a hundred times the first one's time.
    const auto write = [&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      return ++count, kPayload;
    };
    for (int i = 0; i < calls; ++i) checkpoint.keep_part(BuildStep::kGraph, write);
    checkpoint.keep_whole(BuildStep::kGraph, write);
    return count;
  };
  CHECK(count_kept(Duration(1000), 10) == 0);
  CHECK(build.folder.entry_count() == 0);
  // The first part, of which no cost is known yet, and the whole.
  CHECK(count_kept(Duration(0), 10) == 2);
}

TEST_CASE("a checkpoint that cannot be written is told of once and fails nothing") {
  Build build;
  std::ofstream(build.out + ".unfinished") << "a file where the folder would be";
  std::FILE* told = std::tmpfile();
  {
    Progress progress(ProgressStyle::kPlain, told);
    BuildCheckpoint checkpoint(build.out, kKey, progress, Duration(0));
    checkpoint.keep_whole(BuildStep::kCells, [] { return kPayload; });
    checkpoint.keep_whole(BuildStep::kPlan, [] { return kPayload; });
    CHECK(!checkpoint.load(BuildStep::kPlan));
    checkpoint.discard();
    CHECK(fs::is_regular_file(build.out + ".unfinished"));
  }
  std::rewind(told);
  char line[300] = {};
  REQUIRE(std::fgets(line, sizeof line, told) != nullptr);
  CHECK(std::string(line).find("if this build is stopped it will not be resumed from here: cannot "
                               "make the folder ") == 0);
  CHECK(std::fgets(line, sizeof line, told) == nullptr);
  std::fclose(told);
}

}  // namespace
}  // namespace sightline
