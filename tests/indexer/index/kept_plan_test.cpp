#include "indexer/index/kept_plan.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/indexer/temporary_folder.h"
#include "tests/native/vectors/clustered_vectors.h"

namespace sightline {
namespace {

constexpr uint32_t kDim = 32;
constexpr uint32_t kRows = 2500;

// A build's rows and options, and the checkpoint of one that was stopped, which keeps all.
struct Build {
  testing::ClusteredVectors vectors = testing::make_clustered_vectors(3, kRows, 100, kDim, 12);
  RowSource rows = {kRows, kDim, [this](uint32_t first, uint32_t count, std::span<float> target) {
                      std::copy_n(vectors.images.begin() + ptrdiff_t{first} * kDim,
                                  size_t{count} * kDim, target.begin());
                      return Result<void>();
                    }};
  TemporaryFolder folder;
  Progress progress{ProgressStyle::kQuiet};
  BuildCheckpoint checkpoint{folder / "out", {}, progress, BuildCheckpoint::Duration(0)};

  std::vector<uint8_t> plan(BuildCheckpoint* from, unsigned thread_count) {
    PagedOptions options;
    options.fitting.row_bytes = 16;
    options.fitting.first_bytes = 4;
    options.thread_count = thread_count;
    return write_plan(*plan_paged_index(rows, vectors.texts, options, from, progress));
  }
};

TEST_CASE("a kept plan is read back to the last bit, and only of as many rows") {
  Build build;
  const auto bytes = build.plan(nullptr, 2);
  const auto plan = read_plan(bytes, kRows);
  REQUIRE(plan);
  CHECK(plan->source_rows.size() == kRows);
  CHECK(plan->quality.queries == 20);
  CHECK(write_plan(*plan) == bytes);
  CHECK(read_plan(bytes, kRows + 1).error().code == ErrorCode::kCorrupt);
  for (size_t size = 0; size < bytes.size(); size += 997) {
    REQUIRE(read_plan(std::span(bytes).first(size), kRows).error().code == ErrorCode::kCorrupt);
  }
}

TEST_CASE("a plan goes on from clusters, and from assigned rows, to the same bytes") {
  Build build;
  const auto whole = build.plan(nullptr, 2);
  CHECK(build.plan(&build.checkpoint, 2) == whole);

  const auto kept = build.checkpoint.load(BuildStep::kCells);
  REQUIRE(kept);
  auto planned = read_planned_cells(*kept, kRows);
  REQUIRE(planned);
  CHECK(planned->assigned.cells.size() == kRows);
  CHECK(write_planned_cells(*planned) == *kept);
  CHECK(!read_planned_cells(*kept, kRows - 1));
  CHECK(!read_planned_cells(std::span(*kept).first(kept->size() - 1), kRows));
  CHECK(build.plan(&build.checkpoint, 1) == whole);

  planned->assigned = {};
  build.checkpoint.keep_whole(BuildStep::kCells, [&] { return write_planned_cells(*planned); });
  CHECK(build.plan(&build.checkpoint, 1) == whole);

  // What is kept is used: other clusters, another plan.
  std::reverse(planned->places.begin(), planned->places.end());
  build.checkpoint.keep_whole(BuildStep::kCells, [&] { return write_planned_cells(*planned); });
  CHECK(build.plan(&build.checkpoint, 1) != whole);
}

}  // namespace
}  // namespace sightline
