#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace sightline {

// Linear algebra for fitting codes and cells. Matrices are row-major spans; one thread, so that
// results are a function of the arguments.

// a: [n, inner], b: [m, inner] -> a b': [n, m].
void multiply_transposed(std::span<const float> a, std::span<const float> b, size_t inner,
                         std::span<float> product);

// rows: [n, dim] -> rows' rows / n: [dim, dim] float64.
std::vector<double> second_moment(std::span<const float> rows, size_t dim);

// A symmetric matrix [dim, dim] as its eigenvalues, largest first, and the matrix of its
// eigenvectors, one a row. The sign of a vector is such that its largest entry is positive.
struct EigenBasis {
  std::vector<double> values;   // [dim]
  std::vector<double> vectors;  // [dim, dim]
};
EigenBasis eigen_decompose(std::span<const double> matrix, size_t dim);

// a, b: [dim, dim] -> a b.
std::vector<double> multiply(std::span<const double> a, std::span<const double> b, size_t dim);

// The inverse of a transposed: [dim, dim].
std::vector<double> inverse_transposed(std::span<const double> a, size_t dim);

}  // namespace sightline
