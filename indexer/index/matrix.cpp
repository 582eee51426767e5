// The only file that includes Eigen.
#include "indexer/index/matrix.h"

#include <Eigen/Dense>

namespace sightline {
namespace {

template <class T>
using Matrix = ::Eigen::Matrix<T, ::Eigen::Dynamic, ::Eigen::Dynamic, ::Eigen::RowMajor>;

template <class T>
::Eigen::Map<const Matrix<T>> view(std::span<const T> values, size_t columns) {
  return {values.data(), static_cast<::Eigen::Index>(values.size() / columns),
          static_cast<::Eigen::Index>(columns)};
}

std::vector<double> to_vector(const Matrix<double>& matrix) {
  return {matrix.data(), matrix.data() + matrix.size()};
}

}  // namespace

void multiply_transposed(std::span<const float> a, std::span<const float> b, size_t inner,
                         std::span<float> product) {
  const size_t columns = b.size() / inner;
  ::Eigen::Map<Matrix<float>> result(product.data(),
                                     static_cast<::Eigen::Index>(product.size() / columns),
                                     static_cast<::Eigen::Index>(columns));
  result.noalias() = view(a, inner) * view(b, inner).transpose();
}

std::vector<double> second_moment(std::span<const float> rows, size_t dim) {
  Matrix<double> sum =
      Matrix<double>::Zero(static_cast<::Eigen::Index>(dim), static_cast<::Eigen::Index>(dim));
  constexpr size_t kBlockRows = 1024;
  const size_t row_count = rows.size() / dim;
  for (size_t first = 0; first < row_count; first += kBlockRows) {
    const size_t count = std::min(kBlockRows, row_count - first);
    const Matrix<double> block = view(rows.subspan(first * dim, count * dim), dim).cast<double>();
    sum.noalias() += block.transpose() * block;
  }
  return to_vector(sum / static_cast<double>(std::max<size_t>(1, row_count)));
}

EigenBasis eigen_decompose(std::span<const double> matrix, size_t dim) {
  const ::Eigen::SelfAdjointEigenSolver<Matrix<double>> solver(view(matrix, dim));
  EigenBasis result;
  for (size_t i = dim; i-- > 0;) {
    const auto index = static_cast<::Eigen::Index>(i);
    result.values.push_back(solver.eigenvalues()[index]);
    ::Eigen::VectorXd vector = solver.eigenvectors().col(index);
    ::Eigen::Index largest = 0;
    vector.cwiseAbs().maxCoeff(&largest);
    if (vector[largest] < 0) vector = -vector;
    result.vectors.insert(result.vectors.end(), vector.data(), vector.data() + vector.size());
  }
  return result;
}

std::vector<double> multiply(std::span<const double> a, std::span<const double> b, size_t dim) {
  return to_vector(view(a, dim) * view(b, dim));
}

std::vector<double> inverse_transposed(std::span<const double> a, size_t dim) {
  return to_vector(view(a, dim).inverse().transpose());
}

}  // namespace sightline
