#include "indexer/index/plan_cells.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "indexer/index/clustering.h"
#include "indexer/index/kept_plan.h"

namespace sightline {
namespace {

// A cell with more than this many times the mean rows of one is split.
constexpr size_t kLargestCell = 2;
// Each splits what is still too large; what is so after the last stays.
constexpr uint32_t kSplitRounds = 4;

size_t choose_cell_count(uint32_t row_count, const PagedOptions& options) {
  const double code_bytes = double{1} * row_count * options.fitting.first_bytes;
  const double wanted = options.cells_per_root * std::sqrt(double{1} * row_count);
  const double count = std::clamp(wanted, code_bytes / options.max_cell_bytes,
                                  std::max(1.0, code_bytes / options.min_cell_bytes));
  return static_cast<size_t>(std::ceil(count));
}

// Splits clusters that hold more than `most` points until none does.
void split_large_clusters(std::span<const float> points, size_t dim, size_t most,
                          const PagedOptions& options, std::vector<float>& centroids) {
  for (uint32_t round = 0; round < kSplitRounds; ++round) {
    const auto nearest = nearest_centroids(points, centroids, dim, options.thread_count);
    std::vector<std::vector<float>> members(centroids.size() / dim);
    std::vector<uint32_t> counts(members.size());
    for (const uint32_t c : nearest) ++counts[c];
    bool any = false;
    for (size_t p = 0; p < nearest.size(); ++p) {
      if (counts[nearest[p]] <= most) continue;
      const auto point = points.subspan(p * dim, dim);
      members[nearest[p]].insert(members[nearest[p]].end(), point.begin(), point.end());
    }
    for (size_t c = 0; c < members.size(); ++c) {
      if (members[c].empty()) continue;
      any = true;
      const size_t parts = (counts[c] + most - 1) / most + 1;
      const auto halves = cluster(members[c], dim, parts, options.iterations, options.seed + c, 1);
      std::copy_n(halves.begin(), dim, centroids.begin() + static_cast<ptrdiff_t>(c * dim));
      centroids.insert(centroids.end(), halves.begin() + static_cast<ptrdiff_t>(dim), halves.end());
    }
    if (!any) return;
  }
}

// Where the cells are: [cells, cluster components].
std::vector<float> cluster_sample(const FittedBasis& basis, const RowSample& sample,
                                  size_t cell_count, const PagedOptions& options) {
  const auto points = to_places(basis, sample.values);
  const size_t sample_count = sample.rows.size();
  const size_t place_dim = points.size() / sample_count;
  auto places = cluster(points, place_dim, cell_count, options.iterations, options.seed,
                        options.thread_count);
  const size_t mean_points = std::max<size_t>(4, sample_count / cell_count);
  split_large_clusters(points, place_dim, kLargestCell * mean_points, options, places);
  return places;
}

}  // namespace

Result<RowSample> sample_source(const RowSource& rows, const PagedOptions& options) {
  const size_t wanted =
      std::max<size_t>(options.sample_rows,
                       options.sample_rows_per_cell * choose_cell_count(rows.row_count, options));
  const size_t count = std::min<size_t>(wanted, rows.row_count);
  RowSample sample;
  sample.values.resize(count * rows.dim);
  for (size_t i = 0; i < count; ++i) {
    sample.rows.push_back(static_cast<uint32_t>(i * rows.row_count / count));
    RETURN_IF_ERROR(
        rows.read(sample.rows.back(), 1, std::span(sample.values).subspan(i * rows.dim, rows.dim)));
  }
  return sample;
}

Result<PlannedCells> plan_cells(const RowSource& rows, const RowSample& sample,
                                std::span<const float> queries, const PagedOptions& options,
                                BuildCheckpoint* checkpoint, Progress& progress) {
  PlannedCells planned;
  if (const auto kept = checkpoint ? checkpoint->load(BuildStep::kCells) : std::nullopt) {
    if (auto cells = read_planned_cells(*kept, rows.row_count)) {
      progress.note("resuming: the cells of the build that was stopped");
      planned = std::move(*cells);
    }
  }
  const auto keep = [&] {
    if (checkpoint == nullptr) return;
    checkpoint->keep_whole(BuildStep::kCells, [&] { return write_planned_cells(planned); });
  };
  if (planned.places.empty()) {
    planned.basis = fit_basis(sample.values, queries, rows.dim, options.fitting);
    progress.begin("cluster");
    planned.places =
        cluster_sample(planned.basis, sample, choose_cell_count(rows.row_count, options), options);
    keep();
  }
  if (planned.assigned.cells.empty()) {
    ASSIGN_OR_RETURN(planned.assigned, assign_rows(rows, planned.basis, planned.places,
                                                   options.thread_count, progress));
    keep();
  }
  return planned;
}

}  // namespace sightline
