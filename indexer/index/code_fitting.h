#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/vectors/query_aware_codes.h"

namespace sightline {

// How codes are fitted. The shares weigh whose inner products must come out right: those with the
// queries given, with the images themselves, and in any direction at all.
struct CodeFitting {
  double image_share = 0.0;
  double isotropic_share = 0.05;
  // Of the metric in which rows are clustered, between 0 (the images') and 1 (the queries'). At 1
  // the few directions that all texts share decide alone; measured on simulated CLIP vectors, 100k
  // rows in 900 cells, 5 % opened hold 0.76 (0), 0.94 (0.7) and less (1) of the true 10.
  double cluster_power = 0.7;
  uint32_t cluster_components = 256;
  uint32_t row_bytes = 344;
  uint32_t first_bytes = 64;
};

// Components of vectors under the metric of the queries, and the codes' part that does not depend
// on how they are quantised (mean, transform, scale; neither steps nor digits).
struct FittedBasis {
  QueryAwareCodes codes;
  std::vector<float> to_components;  // [components, dim]: y = to_components (x - mean)
  std::vector<float> to_places;      // [cluster_components, dim]: where rows are clustered
};

// rows: [n, dim], queries: [m, dim] float32 of unit length; m may be 0: then the images' own
// statistics are all there is. The transform is rounded to int8 first and to_components fitted to
// what it rounds to, so that the rounding costs no accuracy.
FittedBasis fit_basis(std::span<const float> rows, std::span<const float> queries, uint32_t dim,
                      const CodeFitting& options);

// y = to_components (x - mean) of every row: [n, components].
void to_components(const FittedBasis& basis, std::span<const float> rows, std::span<float> y);

// to_places (x - mean) of every row: [n, cluster_components].
std::vector<float> to_places(const FittedBasis& basis, std::span<const float> rows);

// Shortens the transform to the components that have digits; fit_digits cannot be repeated after.
void drop_uncoded_components(QueryAwareCodes& codes);

// Chooses steps and digits: each digit where it lowers the squared error most. variances:
// [components] of what is coded.
void fit_digits(std::span<const double> variances, const CodeFitting& options,
                QueryAwareCodes& codes);

}  // namespace sightline
