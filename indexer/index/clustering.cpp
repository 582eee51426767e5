#include "indexer/index/clustering.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "indexer/base/parallel.h"
#include "indexer/index/matrix.h"

namespace sightline {
namespace {

constexpr size_t kBlockPoints = 2048;

std::vector<float> half_squares(std::span<const float> centroids, size_t dim) {
  std::vector<float> result;
  for (size_t start = 0; start < centroids.size(); start += dim) {
    double sum = 0;
    for (size_t i = 0; i < dim; ++i) sum += double{centroids[start + i]} * centroids[start + i];
    result.push_back(static_cast<float>(sum / 2));
  }
  return result;
}

// The means of each cluster's points; a cluster without points keeps its centroid.
void move_centroids(std::span<const float> points, size_t dim, std::span<const uint32_t> nearest,
                    std::span<float> centroids) {
  std::vector<double> sums(centroids.size());
  std::vector<uint32_t> counts(centroids.size() / dim);
  for (size_t p = 0; p < nearest.size(); ++p) {
    ++counts[nearest[p]];
    for (size_t i = 0; i < dim; ++i) sums[nearest[p] * dim + i] += points[p * dim + i];
  }
  for (size_t c = 0; c < counts.size(); ++c) {
    for (size_t i = 0; i < dim && counts[c] > 0; ++i) {
      centroids[c * dim + i] = static_cast<float>(sums[c * dim + i] / counts[c]);
    }
  }
}

}  // namespace

std::vector<uint32_t> nearest_centroids(std::span<const float> points,
                                        std::span<const float> centroids, size_t dim,
                                        unsigned thread_count) {
  const size_t point_count = points.size() / dim;
  const size_t centroid_count = centroids.size() / dim;
  const auto offsets = half_squares(centroids, dim);
  std::vector<uint32_t> nearest(point_count);
  const size_t blocks = (point_count + kBlockPoints - 1) / kBlockPoints;
  parallel_for(blocks, thread_count, [&](size_t block) {
    const size_t first = block * kBlockPoints;
    const size_t count = std::min(kBlockPoints, point_count - first);
    std::vector<float> products(count * centroid_count);
    multiply_transposed(points.subspan(first * dim, count * dim), centroids, dim, products);
    for (size_t p = 0; p < count; ++p) {
      const float* row = products.data() + p * centroid_count;
      uint32_t best = 0;
      for (uint32_t c = 1; c < centroid_count; ++c) {
        if (row[c] - offsets[c] > row[best] - offsets[best]) best = c;
      }
      nearest[first + p] = best;
    }
  });
  return nearest;
}

std::vector<float> cluster(std::span<const float> points, size_t dim, size_t count,
                           uint32_t iterations, uint64_t seed, unsigned thread_count) {
  const size_t point_count = points.size() / dim;
  count = std::min(count, point_count);
  // A partial shuffle chooses distinct points; the standard's distributions differ by library.
  std::mt19937_64 random(seed);
  std::vector<uint32_t> order(point_count);
  std::iota(order.begin(), order.end(), 0u);
  std::vector<float> centroids;
  for (size_t i = 0; i < count; ++i) {
    std::swap(order[i], order[i + random() % (point_count - i)]);
    const auto point = points.subspan(order[i] * dim, dim);
    centroids.insert(centroids.end(), point.begin(), point.end());
  }
  for (uint32_t iteration = 0; iteration < iterations; ++iteration) {
    const auto nearest = nearest_centroids(points, centroids, dim, thread_count);
    move_centroids(points, dim, nearest, centroids);
  }
  return centroids;
}

}  // namespace sightline
