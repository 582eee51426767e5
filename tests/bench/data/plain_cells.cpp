#include "tests/bench/data/plain_cells.h"

#include <algorithm>
#include <cmath>

#include "indexer/base/parallel.h"
#include "native/vectors/dot.h"

namespace sightline::bench {
namespace {

constexpr uint32_t kTrainingRowsPerCell = 64;
constexpr int kIterations = 8;

uint32_t nearest_center(const Vectors& centers, std::span<const float> half_squares,
                        std::span<const float> row) {
  uint32_t best = 0;
  float least = INFINITY;
  for (uint32_t c = 0; c < centers.rows; ++c) {
    const float distance =
        half_squares[c] - dot_f32(centers.row(c).data(), row.data(), centers.dim);
    if (distance < least) least = distance, best = c;
  }
  return best;
}

std::vector<uint32_t> assign(const Vectors& rows, const Vectors& centers) {
  std::vector<float> half_squares;
  for (uint32_t c = 0; c < centers.rows; ++c) {
    half_squares.push_back(dot_f32(centers.row(c).data(), centers.row(c).data(), centers.dim) / 2);
  }
  std::vector<uint32_t> cells(rows.rows);
  constexpr uint32_t kRowsPerTask = 1024;
  parallel_for((rows.rows + kRowsPerTask - 1) / kRowsPerTask, std::thread::hardware_concurrency(),
               [&](size_t task) {
                 const auto begin = static_cast<uint32_t>(task) * kRowsPerTask;
                 for (uint32_t i = begin; i < std::min(rows.rows, begin + kRowsPerTask); ++i) {
                   cells[i] = nearest_center(centers, half_squares, rows.row(i));
                 }
               });
  return cells;
}

Vectors k_means(const Vectors& base, uint32_t cell_count) {
  Vectors sample{std::min(base.rows, cell_count * kTrainingRowsPerCell), base.dim, {}};
  sample.values.assign(base.values.begin(), base.values.begin() + size_t{sample.rows} * base.dim);
  Vectors centers{cell_count, base.dim, {}};
  centers.values.assign(base.values.begin(), base.values.begin() + size_t{cell_count} * base.dim);
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    const auto cells = assign(sample, centers);
    std::vector<uint32_t> sizes(cell_count);
    Vectors sums{cell_count, base.dim, std::vector<float>(centers.values.size())};
    for (uint32_t i = 0; i < sample.rows; ++i) {
      ++sizes[cells[i]];
      for (uint32_t d = 0; d < base.dim; ++d) sums.row(cells[i])[d] += sample.row(i)[d];
    }
    for (uint32_t c = 0; c < cell_count; ++c) {
      if (sizes[c] == 0) continue;
      for (uint32_t d = 0; d < base.dim; ++d) {
        centers.row(c)[d] = sums.row(c)[d] / static_cast<float>(sizes[c]);
      }
    }
  }
  return centers;
}

}  // namespace

PlainCells::PlainCells(const Vectors& base, uint32_t cell_count)
    : centers_(k_means(base, cell_count)), cells_(assign(base, centers_)) {}

double PlainCells::percent_opened(const Vectors& queries, const Ordinals& truth,
                                  double recall) const {
  std::vector<size_t> found_at(count());
  for (uint32_t i = 0; i < queries.rows; ++i) {
    std::vector<float> scores;
    for (uint32_t c = 0; c < count(); ++c) {
      scores.push_back(dot_f32(queries.row(i).data(), centers_.row(c).data(), centers_.dim));
    }
    for (const uint32_t row : truth.row(i)) {
      const float score = scores[cells_[row]];
      ++found_at[static_cast<size_t>(
          std::count_if(scores.begin(), scores.end(), [&](float other) { return other > score; }))];
    }
  }
  const double wanted = recall * static_cast<double>(truth.values.size());
  double found = 0;
  for (size_t opened = 0; opened < found_at.size(); ++opened) {
    found += static_cast<double>(found_at[opened]);
    if (found >= wanted) return 100.0 * static_cast<double>(opened + 1) / count();
  }
  return 100.0;
}

void print_opened(const std::string& query_kind, const PlainCells& cells, const Vectors& queries,
                  const Ordinals& truth) {
  std::printf(R"({"cells":%u,"queries":"%s","percent_opened_for_recall_0.90":%.2f,)"
              R"("percent_opened_for_recall_0.95":%.2f})"
              "\n",
              cells.count(), query_kind.c_str(), cells.percent_opened(queries, truth, 0.9),
              cells.percent_opened(queries, truth, 0.95));
}

}  // namespace sightline::bench
