#include "native/vectors/exact_search.h"

namespace sightline {

std::vector<Neighbor> search_exact(const QueryCode& query, const CodeTable& table, size_t k,
                                   RowFilter filter, const DotKernels& kernels) {
  if (k == 0) return {};
  const CodeDistance distance(query, table, kernels);
  TopK nearest(k);
  for_each_allowed(table.rows, filter, [&](uint32_t ordinal) {
    const int32_t coarse = distance.coarse(ordinal);
    if (nearest.full() && distance.least_refined(coarse) > nearest.worst()) return;
    nearest.offer(distance.refine(ordinal, coarse), ordinal);
  });
  return nearest.take_sorted();
}

}  // namespace sightline
