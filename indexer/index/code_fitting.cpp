#include "indexer/index/code_fitting.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <queue>

#include "indexer/index/matrix.h"

namespace sightline {
namespace {

constexpr uint32_t kMaxDigits = 4;
// The step and the squared error of the best uniform quantiser of a normal distribution of variance
// 1 with 4^digits levels (Max, 1960; from 6 bits on as in Hui and Neuhoff, 2001).
constexpr std::array<double, kMaxDigits + 1> kNormalStep = {0, 0.9957, 0.3352, 0.1041, 0.0308};
constexpr std::array<double, kMaxDigits + 1> kNormalError = {1, 0.1188, 0.01154, 0.00104,
                                                             0.0000877};

// Rows of a cell have longer tails than a normal distribution: wider steps leave 10 % less error.
constexpr std::array<double, kMaxDigits + 1> kTailFactor = {0, 1.0, 1.1, 1.2, 1.2};

// The transform is rounded to so many levels either side of 0: fewer bytes, and nothing is lost but
// that components are not quite uncorrelated.
constexpr double kTransformLevels = 31;

double trace(std::span<const double> matrix, size_t dim) {
  double sum = 0;
  for (size_t i = 0; i < dim; ++i) sum += matrix[i * dim + i];
  return sum;
}

void add_share(double share, std::span<const double> moment, size_t dim, std::span<double> sum) {
  const double total = trace(moment, dim);
  if (total <= 0) return;
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += share * moment[i] / total;
}

// V diag(f(values)) V', the function of a symmetric matrix.
template <class Function>
std::vector<double> matrix_function(const EigenBasis& basis, size_t dim, Function&& function) {
  // Rows of `vectors` are eigenvectors, so the product is vectors' * diag * vectors.
  std::vector<double> left(dim * dim);
  for (size_t v = 0; v < dim; ++v) {
    const double factor = function(basis.values[v]);
    for (size_t i = 0; i < dim; ++i) left[i * dim + v] = basis.vectors[v * dim + i] * factor;
  }
  return multiply(left, basis.vectors, dim);
}

std::vector<float> centred_rows(const FittedBasis& basis, std::span<const float> rows) {
  std::vector<float> centred(rows.begin(), rows.end());
  for (size_t i = 0; i < centred.size(); ++i) centred[i] -= basis.codes.mean[i % basis.codes.dim()];
  return centred;
}

std::vector<float> mean_of(std::span<const float> rows, size_t dim) {
  std::vector<double> sum(dim);
  for (size_t i = 0; i < rows.size(); ++i) sum[i % dim] += rows[i];
  std::vector<float> mean;
  for (const double value : sum) {
    mean.push_back(
        static_cast<float>(value * static_cast<double>(dim) / static_cast<double>(rows.size())));
  }
  return mean;
}

}  // namespace

FittedBasis fit_basis(std::span<const float> rows, std::span<const float> queries, uint32_t dim,
                      const CodeFitting& options) {
  FittedBasis basis;
  basis.codes.mean = mean_of(rows, dim);
  const auto centred = centred_rows(basis, rows);

  // The metric: the second moment of what will be multiplied with the vectors.
  const auto image_moment = second_moment(rows, dim);
  std::vector<double> metric(size_t{dim} * dim);
  const double shared = 1 - options.isotropic_share;
  const double image_share = queries.empty() ? shared : shared * options.image_share;
  if (!queries.empty()) {
    add_share(shared - image_share, second_moment(queries, dim), dim, metric);
  }
  add_share(image_share, image_moment, dim, metric);
  for (size_t i = 0; i < dim; ++i) metric[i * dim + i] += options.isotropic_share / dim;

  const auto of_metric = eigen_decompose(metric, dim);
  const auto root = matrix_function(of_metric, dim, [](double v) { return std::sqrt(v); });
  const auto inverse_root =
      matrix_function(of_metric, dim, [](double v) { return 1 / std::sqrt(v); });
  const auto covariance = second_moment(centred, dim);
  const auto spread = multiply(multiply(root, covariance, dim), root, dim);
  const auto principal = eigen_decompose(spread, dim);
  const auto weights = multiply(principal.vectors, inverse_root, dim);  // of a query

  std::vector<double> rounded(weights.size());
  basis.codes.transform.resize(weights.size());
  for (size_t c = 0; c < dim; ++c) {
    double largest = 0;
    for (size_t i = 0; i < dim; ++i) largest = std::max(largest, std::abs(weights[c * dim + i]));
    const auto scale = static_cast<float>(largest / kTransformLevels);
    basis.codes.scale.push_back(scale);
    for (size_t i = 0; i < dim; ++i) {
      const double value = std::round(weights[c * dim + i] / scale);
      basis.codes.transform[c * dim + i] =
          static_cast<int8_t>(std::clamp(value, -kTransformLevels, kTransformLevels));
      rounded[c * dim + i] = double{scale} * basis.codes.transform[c * dim + i];
    }
  }
  const auto blended = matrix_function(
      of_metric, dim, [&](double v) { return std::pow(v, options.cluster_power / 2); });
  const auto places =
      eigen_decompose(multiply(multiply(blended, covariance, dim), blended, dim), dim);
  const auto map = multiply(places.vectors, blended, dim);
  const size_t kept = std::min<size_t>(options.cluster_components, dim) * dim;
  basis.to_places.assign(map.begin(), map.begin() + static_cast<ptrdiff_t>(kept));

  const auto inverse = inverse_transposed(rounded, dim);
  basis.to_components.assign(inverse.begin(), inverse.end());
  return basis;
}

void to_components(const FittedBasis& basis, std::span<const float> rows, std::span<float> y) {
  const auto centred = centred_rows(basis, rows);
  multiply_transposed(centred, basis.to_components, basis.codes.dim(), y);
}

std::vector<float> to_places(const FittedBasis& basis, std::span<const float> rows) {
  const size_t dim = basis.codes.dim();
  std::vector<float> places(rows.size() / dim * (basis.to_places.size() / dim));
  multiply_transposed(centred_rows(basis, rows), basis.to_places, dim, places);
  return places;
}

void fit_digits(std::span<const double> variances, const CodeFitting& options,
                QueryAwareCodes& codes) {
  struct Candidate {
    double gain = 0;
    uint16_t component = 0;
    // The larger gain first, then the earlier component.
    bool operator<(const Candidate& other) const {
      return gain != other.gain ? gain < other.gain : component > other.component;
    }
  };
  std::vector<uint8_t> counts(variances.size());
  std::priority_queue<Candidate> queue;
  const auto push = [&](uint16_t component) {
    const uint8_t count = counts[component];
    if (count == kMaxDigits) return;
    const double gain = variances[component] * (kNormalError[count] - kNormalError[count + 1u]);
    queue.push({gain, component});
  };
  for (size_t c = 0; c < variances.size(); ++c) push(static_cast<uint16_t>(c));
  codes.digits.clear();
  while (codes.digits.size() < 4 * size_t{options.row_bytes} && !queue.empty()) {
    const uint16_t component = queue.top().component;
    queue.pop();
    codes.digits.push_back(component);
    ++counts[component];
    push(component);
  }
  codes.digits.resize(codes.digits.size() / 4 * 4);
  codes.first_digits =
      std::min(4 * options.first_bytes, static_cast<uint32_t>(codes.digits.size()));
  std::fill(counts.begin(), counts.end(), uint8_t{0});
  for (const uint16_t component : codes.digits) ++counts[component];
  size_t component_count = 0;
  for (const uint16_t component : codes.digits) {
    component_count = std::max(component_count, size_t{component} + 1);
  }
  codes.step.clear();
  for (size_t c = 0; c < component_count; ++c) {
    codes.step.push_back(static_cast<float>(std::sqrt(variances[c]) * kNormalStep[counts[c]] *
                                            kTailFactor[counts[c]]));
  }
}

void drop_uncoded_components(QueryAwareCodes& codes) {
  codes.scale.resize(codes.components());
  codes.transform.resize(codes.components() * codes.dim());
}

}  // namespace sightline
