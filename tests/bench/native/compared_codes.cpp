#include "tests/bench/native/compared_codes.h"

#include <algorithm>
#include <cmath>

#include "indexer/index/clustering.h"
#include "indexer/index/matrix.h"
#include "tests/native/vectors/clustered_vectors.h"

namespace sightline::bench {
namespace {

constexpr size_t kTrainingRows = 16'384;
constexpr uint32_t kIterations = 8;
constexpr size_t kBlockRows = 4096;

// Every so many-th row, at most kTrainingRows.
std::vector<float> training_rows(std::span<const float> rows, size_t dim) {
  const size_t count = rows.size() / dim;
  const size_t stride = std::max<size_t>(1, count / kTrainingRows);
  std::vector<float> sample;
  for (size_t i = 0; i < count; i += stride) {
    const auto row = rows.subspan(i * dim, dim);
    sample.insert(sample.end(), row.begin(), row.end());
  }
  return sample;
}

std::vector<float> offsets_of(const Vectors& base, const PlainCells& cells) {
  std::vector<float> offsets = base.values;
  for (size_t i = 0; i < offsets.size(); ++i) {
    offsets[i] -= cells.centroids[cells.nearest[i / base.dim] * base.dim + i % base.dim];
  }
  return offsets;
}

void add_centroids(const Vectors& base, const PlainCells& cells, std::span<float> rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i] += cells.centroids[cells.nearest[i / base.dim] * base.dim + i % base.dim];
  }
}

// A random rotation [dim, dim]: the eigenvectors of a random symmetric matrix.
std::vector<float> random_rotation(size_t dim) {
  testing::TestRandom random(17);
  std::vector<double> matrix(dim * dim);
  for (size_t a = 0; a < dim; ++a) {
    for (size_t b = 0; b <= a; ++b) {
      matrix[a * dim + b] = matrix[b * dim + a] = double{random.normal()};
    }
  }
  const auto basis = eigen_decompose(matrix, dim);
  return {basis.vectors.begin(), basis.vectors.end()};
}

std::vector<float> transposed(std::span<const float> matrix, size_t dim) {
  std::vector<float> result(matrix.size());
  for (size_t i = 0; i < matrix.size(); ++i) result[i % dim * dim + i / dim] = matrix[i];
  return result;
}

// Replaces offsets, rotated, by the nearest levels (odd multiples of 1/2) in direction, scaled such
// that their inner product with the offset is its squared length.
void round_offset(std::span<float> offset, uint32_t bits) {
  const float largest_level = static_cast<float>(1u << bits) / 2 - 0.5f;
  float widest = 0;
  for (const float value : offset) widest = std::max(widest, std::abs(value));
  if (widest == 0) return;
  std::vector<float> best;
  double best_cosine = -1;
  double best_factor = 0;
  // One bit has one choice of levels; with more, how far the levels reach is searched.
  for (float reach = bits == 1 ? 1 : 0.3f; reach <= 1; reach += 0.05f) {
    std::vector<float> levels;
    double product = 0;
    double level_square = 0;
    double square = 0;
    for (const float value : offset) {
      const float scaled = value / (widest * reach) * (largest_level + 0.5f);
      levels.push_back(std::clamp(std::floor(scaled) + 0.5f, -largest_level, largest_level));
      product += double{levels.back()} * value;
      level_square += double{levels.back()} * levels.back();
      square += double{value} * value;
    }
    const double cosine = product / std::sqrt(level_square);
    if (cosine <= best_cosine) continue;
    best_cosine = cosine;
    best_factor = square / product;
    best = std::move(levels);
  }
  for (size_t i = 0; i < offset.size(); ++i) {
    offset[i] = static_cast<float>(best_factor * double{best[i]});
  }
}

}  // namespace

PlainCells plain_cells(const Vectors& base, uint32_t cell_count) {
  PlainCells cells;
  cells.centroids =
      cluster(training_rows(base.values, base.dim), base.dim, cell_count, kIterations, 1, 1);
  cells.nearest = nearest_centroids(base.values, cells.centroids, base.dim, 1);
  return cells;
}

CodedRows rabitq_rows(const Vectors& base, const PlainCells& cells, uint32_t bits) {
  const size_t dim = base.dim;
  // The factor and the length of the offset are stored as float32.
  CodedRows coded{"RaBitQ, " + std::to_string(bits) + " bit",
                  static_cast<double>(dim * bits) / 8 + 8, offsets_of(base, cells)};
  const auto rotation = random_rotation(dim);
  const auto back = transposed(rotation, dim);
  std::vector<float> rotated(kBlockRows * dim);
  for (size_t start = 0; start < coded.rows.size(); start += kBlockRows * dim) {
    const auto block =
        std::span(coded.rows).subspan(start, std::min(kBlockRows * dim, coded.rows.size() - start));
    const auto target = std::span(rotated).first(block.size());
    multiply_transposed(block, rotation, dim, target);
    for (size_t row = 0; row < target.size(); row += dim) {
      round_offset(target.subspan(row, dim), bits);
    }
    multiply_transposed(target, back, dim, block);
  }
  add_centroids(base, cells, coded.rows);
  return coded;
}

CodedRows pq_rows(const Vectors& base, const PlainCells& cells, uint32_t parts) {
  const size_t dim = base.dim;
  const size_t width = dim / parts;
  CodedRows coded{"PQ, " + std::to_string(parts) + " × 8 bit", double{1} * parts,
                  offsets_of(base, cells)};
  std::vector<float> part(size_t{base.rows} * width);
  for (size_t first = 0; first < dim; first += width) {
    for (size_t row = 0; row < base.rows; ++row) {
      std::copy_n(coded.rows.begin() + static_cast<ptrdiff_t>(row * dim + first), width,
                  part.begin() + static_cast<ptrdiff_t>(row * width));
    }
    const auto words = cluster(training_rows(part, width), width, 256, kIterations, 1, 1);
    const auto nearest = nearest_centroids(part, words, width, 1);
    for (size_t row = 0; row < base.rows; ++row) {
      std::copy_n(words.begin() + static_cast<ptrdiff_t>(nearest[row] * width), width,
                  coded.rows.begin() + static_cast<ptrdiff_t>(row * dim + first));
    }
  }
  add_centroids(base, cells, coded.rows);
  return coded;
}

CodedRows scalar_rows(const Vectors& base, uint32_t bits) {
  CodedRows coded{"SQ" + std::to_string(bits), double{1} * base.dim * bits / 8, base.values};
  const size_t dim = base.dim;
  const auto levels = static_cast<float>(1u << bits);
  for (size_t c = 0; c < dim; ++c) {
    float least = coded.rows[c];
    float largest = coded.rows[c];
    for (size_t i = c; i < coded.rows.size(); i += dim) {
      least = std::min(least, coded.rows[i]);
      largest = std::max(largest, coded.rows[i]);
    }
    const float step = (largest - least) / levels;
    for (size_t i = c; i < coded.rows.size() && step > 0; i += dim) {
      const float level = std::min(std::floor((coded.rows[i] - least) / step), levels - 1);
      coded.rows[i] = least + (level + 0.5f) * step;
    }
  }
  return coded;
}

}  // namespace sightline::bench
