#include "indexer/index/cell_codes.h"

#include <algorithm>
#include <cmath>

namespace sightline {
namespace {

// Centroids of `components` of [cells, dim] as int8. Their step is how far rows lie from them in a
// component, so that those that hardly differ from cell to cell compress to little.
void quantise_centroids(std::span<const float> centroids, size_t dim, size_t components,
                        double step, CellDirectory& directory) {
  const size_t cells = centroids.size() / dim;
  directory.centroid_scale.clear();
  directory.centroids.clear();
  for (size_t c = 0; c < components; ++c) {
    float scale = static_cast<float>(step);
    for (size_t i = 0; i < cells; ++i) {
      scale = std::max(scale, std::abs(centroids[i * dim + c]) / 127);
    }
    directory.centroid_scale.push_back(scale);
    for (size_t i = 0; i < cells; ++i) {
      directory.centroids.push_back(
          static_cast<int8_t>(scale > 0 ? std::lround(centroids[i * dim + c] / scale) : 0));
    }
  }
}

// Centroids of `routed` components, and codes by them. sample: in components of the basis.
void fit_routed(const CellSample& sample, size_t routed, const CodeFitting& fitting,
                QueryAwareCodes& codes, CellDirectory& directory) {
  const size_t dim = sample.dim;
  const auto& [y, cells, means, _] = sample;
  double squares = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    const double offset = double{y[i]} - means[cells[i / dim] * dim + i % dim];
    squares += offset * offset;
  }
  quantise_centroids(means, dim, routed, std::sqrt(squares / static_cast<double>(y.size())),
                     directory);
  const auto centroids = decoded_centroids(directory);
  std::vector<double> variances(dim);
  std::vector<float> row(dim);
  for (size_t p = 0; p < cells.size(); ++p) {
    std::copy_n(y.begin() + static_cast<ptrdiff_t>(p * dim), dim, row.begin());
    subtract_centroid(row, std::span(centroids).subspan(cells[p] * routed, routed));
    for (size_t c = 0; c < dim; ++c) variances[c] += double{row[c]} * row[c];
  }
  for (double& variance : variances) variance /= static_cast<double>(cells.size());
  fit_digits(variances, fitting, codes);
}

std::vector<float> components_of(const FittedBasis& basis, std::span<const float> rows) {
  std::vector<float> y(rows.size());
  to_components(basis, rows, y);
  return y;
}

}  // namespace

std::vector<float> decoded_centroids(const CellDirectory& directory) {
  std::vector<float> result(directory.centroids.size());
  const size_t components = directory.centroid_components();
  const size_t cells = result.size() / std::max<size_t>(1, components);
  for (size_t i = 0; i < result.size(); ++i) {
    const size_t c = i / cells;
    result[i % cells * components + c] = directory.centroid_scale[c] * directory.centroids[i];
  }
  return result;
}

void subtract_centroid(std::span<float> y, std::span<const float> centroid) {
  for (size_t c = 0; c < centroid.size(); ++c) y[c] -= centroid[c];
}

void fit_cell_codes(const CellSample& sample, const PagedOptions& options, FittedBasis& basis,
                    CellDirectory& directory) {
  const auto y = components_of(basis, sample.rows);
  const auto means = components_of(basis, sample.means);
  // Centroids cannot have more components than are coded, which depends on them.
  auto& codes = basis.codes;
  size_t routed = std::min<size_t>(options.centroid_components, sample.dim);
  do {
    fit_routed({y, sample.cells, means, sample.dim}, routed, options.fitting, codes, directory);
    routed = std::min(routed, codes.components());
  } while (routed < directory.centroid_components());
  codes.root_components = static_cast<uint32_t>(std::max(routed, first_components(codes)));
  drop_uncoded_components(codes);
}

}  // namespace sightline
