#include "indexer/index/encode_rows.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "indexer/index/index_plan.h"
#include "indexer/index/paged_tuning.h"
#include "tests/native/vectors/clustered_vectors.h"

namespace sightline {
namespace {

constexpr uint32_t kDim = 32;
constexpr uint32_t kRows = 2500;

RowSource rows_of(std::span<const float> values) {
  return {static_cast<uint32_t>(values.size() / kDim), kDim,
          [values](uint32_t first, uint32_t count, std::span<float> target) {
            std::copy_n(values.begin() + ptrdiff_t{first} * kDim, size_t{count} * kDim,
                        target.begin());
            return Result<void>();
          }};
}

TEST_CASE("parts of a collection, encoded apart by one plan, are the whole encoded at once") {
  const auto vectors = testing::make_clustered_vectors(3, kRows, 100, kDim, 12);
  PagedOptions options;
  options.fitting.row_bytes = 16;
  options.fitting.first_bytes = 4;
  Progress progress{ProgressStyle::kQuiet};
  const auto plan =
      plan_paged_index(rows_of(vectors.images), vectors.texts, options, nullptr, progress);
  REQUIRE(plan);

  EncodedRows joined;
  const auto all = std::span<const float>(vectors.images);
  const size_t cut = size_t{1001} * kDim;
  for (const auto part : {all.first(cut), all.subspan(cut)}) {
    HeldOutTruth truth({}, kDim);
    const auto encoded = encode_rows(rows_of(part), *plan, truth, 2, progress);
    REQUIRE(encoded);
    joined.cells.insert(joined.cells.end(), encoded->cells.begin(), encoded->cells.end());
    joined.codes.insert(joined.codes.end(), encoded->codes.begin(), encoded->codes.end());
  }
  const size_t row_bytes = plan->basis.codes.row_bytes();
  for (size_t cell = 0; cell < plan->directory.cell_count(); ++cell) {
    for (uint32_t row = plan->directory.first_row[cell]; row < plan->directory.first_row[cell + 1];
         ++row) {
      const uint32_t source = plan->source_rows[row];
      REQUIRE(joined.cells[source] == cell);
      REQUIRE(std::equal(plan->codes.begin() + static_cast<ptrdiff_t>(row * row_bytes),
                         plan->codes.begin() + static_cast<ptrdiff_t>((row + 1) * row_bytes),
                         joined.codes.begin() + static_cast<ptrdiff_t>(source * row_bytes)));
    }
  }
}

TEST_CASE("rows that cannot be read end a pass over the blocks with their error") {
  const RowSource rows{5000, kDim, [](uint32_t first, uint32_t, std::span<float>) -> Result<void> {
                         if (first == 0) return {};
                         return io_error("rows from " + std::to_string(first));
                       }};
  const auto passed = for_blocks(rows, 2, [](uint32_t first, auto values) {
    REQUIRE(first == 0);
    REQUIRE(values.size() == size_t{2048} * kDim);
  });
  CHECK(passed.error().message.find("rows from 2048") != std::string::npos);
}

}  // namespace
}  // namespace sightline
