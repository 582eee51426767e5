#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/vectors/codes.h"
#include "native/vectors/exact_search.h"

namespace sightline::testing {

// Fitted codes of all rows, with both tiers.
struct CodedRows {
  CodedRows(std::span<const float> rows, size_t row_dim)
      : dim(row_dim), row_count(rows.size() / row_dim), parameters(fit_codes(rows, row_dim)) {
    codes.resize(rows.size());
    refinement.resize(row_count * refinement_bytes(dim));
    for (size_t row = 0; row < row_count; ++row) {
      encode_row(parameters, rows.subspan(row * dim, dim), std::span(codes).subspan(row * dim, dim),
                 std::span(refinement).subspan(row * refinement_bytes(dim), refinement_bytes(dim)));
    }
  }

  CodeTable table() const {
    return {codes, static_cast<uint32_t>(row_count), static_cast<uint32_t>(dim), refinement};
  }
  CodeTable coarse_table() const {
    return {codes, static_cast<uint32_t>(row_count), static_cast<uint32_t>(dim)};
  }

  size_t dim;
  size_t row_count;
  CodeParameters parameters;
  std::vector<int8_t> codes;
  std::vector<uint8_t> refinement;
};

// The k rows with the largest inner products, by float32.
inline std::vector<BasicNeighbor<float>> float_neighbors(std::span<const float> rows,
                                                         std::span<const float> query, size_t k) {
  const auto dot = best_dot_kernels().dot_f32;
  BasicTopK<float> nearest(k);
  for (size_t row = 0; row * query.size() < rows.size(); ++row) {
    nearest.offer(1 - dot(query.data(), &rows[row * query.size()], query.size()),
                  static_cast<uint32_t>(row));
  }
  return nearest.take_sorted();
}

// How many of `found` are in `truth`.
template <class Found, class Truth>
size_t count_common(const Found& found, const Truth& truth) {
  size_t common = 0;
  for (const auto& a : found) {
    for (const auto& b : truth) common += a.ordinal == b.ordinal ? 1 : 0;
  }
  return common;
}

}  // namespace sightline::testing
