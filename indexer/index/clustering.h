#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sightline {

// Points are rows of [n, dim] float32. All results are functions of the arguments, whatever the
// number of threads.

// k-means from a seeded choice of points: centroids [at most count, dim]. Each clusters at least
// one point.
std::vector<float> cluster(std::span<const float> points, size_t dim, size_t count,
                           uint32_t iterations, uint64_t seed, unsigned thread_count);

// The nearest centroid of each point, of equal ones the first: [n].
std::vector<uint32_t> nearest_centroids(std::span<const float> points,
                                        std::span<const float> centroids, size_t dim,
                                        unsigned thread_count);

}  // namespace sightline
