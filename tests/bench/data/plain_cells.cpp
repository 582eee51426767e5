#include "tests/bench/data/plain_cells.h"

#include <algorithm>
#include <cmath>

#include "indexer/base/parallel.h"
#include "native/vectors/dot.h"
#include "tests/bench/data/opened_cells.h"

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

std::vector<double> PlainCells::scores(std::span<const float> query) const {
  std::vector<double> scores;
  for (uint32_t c = 0; c < count(); ++c) {
    scores.push_back(dot_f32(query.data(), centers_.row(c).data(), centers_.dim));
  }
  return scores;
}

void print_opened(const std::string& query_kind, const PlainCells& cells, const Vectors& queries,
                  const Ordinals& truth) {
  const RoutedCells routed{cells.cell_of_row(), std::vector<double>(cells.count()),
                           [&](std::span<const float> query) { return cells.scores(query); }};
  const auto percent = [&](double recall) {
    return 100.0 * opened_for(Opening::kNumber, routed, queries, truth, recall).cells /
           cells.count();
  };
  std::printf(R"({"cells":%u,"queries":"%s","percent_opened_for_recall_0.90":%.2f,)"
              R"("percent_opened_for_recall_0.95":%.2f})"
              "\n",
              cells.count(), query_kind.c_str(), percent(0.9), percent(0.95));
}

}  // namespace sightline::bench
