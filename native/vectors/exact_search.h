#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "native/vectors/codes.h"
#include "native/vectors/dot.h"
#include "native/vectors/top_k.h"

namespace sightline {

// Codes of all rows; does not own them.
struct CodeTable {
  std::span<const int8_t> codes;  // [rows, dim] int8, row-major
  uint32_t rows = 0;
  uint32_t dim = 0;
  std::span<const uint8_t> refinement = {};  // [rows, refinement_bytes(dim)], or empty: coarser

  const int8_t* row(uint32_t ordinal) const { return codes.data() + size_t{ordinal} * dim; }
  const uint8_t* row_refinement(uint32_t ordinal) const {
    return refinement.data() + size_t{ordinal} * refinement_bytes(dim);
  }
};

// The allowed rows as a bitmap: bit ordinal % 64 of word ordinal / 64. Empty allows every row;
// otherwise it must have a bit for each row.
using RowFilter = std::span<const uint64_t>;

inline bool row_allowed(RowFilter filter, uint32_t ordinal) {
  return filter.empty() || (filter[ordinal / 64] >> (ordinal % 64) & 1) != 0;
}

// Distances between one query and the rows of one table; holds references to both. Requires
// query.values.size() == table.dim and codes (and refinement, if any) for all rows.
class CodeDistance {
 public:
  CodeDistance(const QueryCode& query, const CodeTable& table,
               const DotKernels& kernels = best_dot_kernels())
      : kernels_(kernels), query_(query), table_(table) {}

  // By the first tier alone, in its own unit: -dot(values, code).
  int32_t coarse(uint32_t ordinal) const {
    return -kernels_.dot_i16_i8(query_.values.data(), table_.row(ordinal), table_.dim);
  }

  // The distance of Neighbor: -query.similarity's fine_dot.
  int32_t refine(uint32_t ordinal, int32_t coarse) const {
    if (table_.refinement.empty()) return 16 * coarse;
    return 16 * coarse + 8 * query_.value_sum -
           kernels_.dot_i16_u4(query_.values.data(), table_.row_refinement(ordinal), table_.dim);
  }

  // No refinement of a row with this coarse distance can be smaller.
  int32_t least_refined(int32_t coarse) const {
    return 16 * coarse - (table_.refinement.empty() ? 0 : 8 * query_.value_span);
  }

 private:
  const DotKernels kernels_;
  const QueryCode& query_;
  const CodeTable& table_;
};

// Calls visit(ordinal) for each allowed row of row_count in ascending order.
template <class Visit>
void for_each_allowed(uint32_t row_count, RowFilter filter, Visit&& visit) {
  if (filter.empty()) {
    for (uint32_t ordinal = 0; ordinal < row_count; ++ordinal) visit(ordinal);
    return;
  }
  for (uint32_t base = 0; base < row_count; base += 64) {
    for (uint64_t word = filter[base / 64]; word != 0; word &= word - 1) {
      const uint32_t ordinal = base + static_cast<uint32_t>(std::countr_zero(word));
      if (ordinal < row_count) visit(ordinal);
    }
  }
}

// Calls visit(ordinal, distance) for each allowed row in ascending order.
// Same requirements as CodeDistance.
template <class Visit>
void for_each_distance(const QueryCode& query, const CodeTable& table, RowFilter filter,
                       Visit&& visit) {
  const CodeDistance distance(query, table);
  for_each_allowed(table.rows, filter, [&](uint32_t ordinal) {
    visit(ordinal, distance.refine(ordinal, distance.coarse(ordinal)));
  });
}

// The k nearest allowed rows by their codes, nearest first; fewer where fewer are allowed. Refines
// only rows that can still be among them, which changes nothing in the answer.
// Same requirements as CodeDistance.
std::vector<Neighbor> search_exact(const QueryCode& query, const CodeTable& table, size_t k,
                                   RowFilter filter = {},
                                   const DotKernels& kernels = best_dot_kernels());

}  // namespace sightline
